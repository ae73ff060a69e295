import { Random } from './random.js';

describe('Random', () => {
  const draw = (random: Random): number[] => Array.from({ length: 20 }, () => random.next());

  it('gives the same numbers for the same seed and part, and others for any other', () => {
    expect(draw(Random.of(1, 1))).toEqual(draw(Random.of(1, 1)));
    const firsts = [Random.of(1, 1), Random.of(1, 2), Random.of(2, 1)].map((random) => random.next());
    expect(new Set(firsts).size).toBe(3);
  });

  it('gives a seed the numbers that it always had: what failed once can be seen again', () => {
    const random = new Random(42);
    expect(Array.from({ length: 4 }, () => random.next())).toEqual([
      0.6011037519201636, 0.44829055899754167, 0.8524657934904099, 0.6697340414393693,
    ]);
    expect(Array.from({ length: 6 }, () => random.whole(-80, 80))).toEqual([-52, 4, -37, 20, 59, -4]);
    const letters = ['a', 'b', 'c'];
    expect([random.chance(0.5), random.oneOf(letters), random.pick(letters)]).toEqual([true, 'c', 'c']);
    expect(random.weighted({ a: 1, b: 2, c: 3 })).toBe('b');
    const part = Random.of(7, 3);
    expect([part.next(), part.next()]).toEqual([0.34833522513508797, 0.9830527717713267]);
  });

  it('picks every one of a list, null as well, and nothing of an empty one', () => {
    const random = new Random(5);
    const picked = new Set(Array.from({ length: 50 }, () => random.pick([1, null, 'two'])));
    expect(picked).toEqual(new Set([1, null, 'two']));
    expect(random.oneOf([])).toBeUndefined();
    expect(() => random.pick([])).toThrow('nothing to pick from');
  });

  it('chooses by weight, and never what has none', () => {
    const random = new Random(5);
    const chosen = Array.from({ length: 1000 }, () => random.weighted({ often: 3, seldom: 1, never: 0 }));
    expect(chosen.filter((key) => key === 'never')).toEqual([]);
    expect(chosen.filter((key) => key === 'often').length).toBeGreaterThan(650);
    expect(chosen.filter((key) => key === 'seldom').length).toBeGreaterThan(150);
  });
});
