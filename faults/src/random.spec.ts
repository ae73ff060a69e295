import { Random } from './random.js';

describe('Random', () => {
  const draw = (random: Random): number[] => Array.from({ length: 20 }, () => random.next());

  it('gives the same numbers for the same seed and part, and others for any other', () => {
    expect(draw(Random.of(1, 1))).toEqual(draw(Random.of(1, 1)));
    const firsts = [Random.of(1, 1), Random.of(1, 2), Random.of(2, 1)].map((random) => random.next());
    expect(new Set(firsts).size).toBe(3);
  });

  it('chooses by weight, and never what has none', () => {
    const random = new Random(5);
    const chosen = Array.from({ length: 1000 }, () => random.weighted({ often: 3, seldom: 1, never: 0 }));
    expect(chosen.filter((key) => key === 'never')).toEqual([]);
    expect(chosen.filter((key) => key === 'often').length).toBeGreaterThan(650);
    expect(chosen.filter((key) => key === 'seldom').length).toBeGreaterThan(150);
  });
});
