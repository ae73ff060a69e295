import fc from 'fast-check';
import { assignShards, type Shard } from './assign-shards.js';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('assignShards', () => {
  it('puts 100 inputs into four bundles of 25', () => {
    expect(
      assignShards({ unassigned: range(1, 100).reverse(), bundle: 25, open: [], nextShardNumber: 1 }),
    ).toEqual([1, 2, 3, 4].map((number) => ({ number, memberIds: range(number * 25 - 24, number * 25) })));
  });

  it('fills the open shards first, and begins new ones after them', () => {
    const open = [
      { number: 7, memberIds: [5] },
      { number: 3, memberIds: [1, 2] },
      { number: 4, memberIds: [8, 9, 10] },
    ];
    expect(assignShards({ unassigned: range(20, 24), bundle: 3, open, nextShardNumber: 8 })).toEqual([
      { number: 3, memberIds: [1, 2, 20] },
      { number: 7, memberIds: [5, 21, 22] },
      { number: 8, memberIds: [23, 24] },
    ]);
  });

  it('keeps what a run was given, whatever comes in whatever order', () => {
    const ROUND = fc.record({
      arrivals: fc.integer({ min: 0, max: 12 }),
      fired: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(ROUND, { maxLength: 12 }), (bundle, rounds) => {
        const shards = new Map<number, Shard>();
        const frozen = new Map<number, Shard>();
        let arrived = 0;
        for (const { arrivals, fired } of rounds) {
          const unassigned = range(arrived + 1, arrived + arrivals);
          arrived += arrivals;
          const open = [...shards.values()].filter(({ number }) => !frozen.has(number));
          for (const shard of assignShards({ unassigned, bundle, open, nextShardNumber: shards.size + 1 }))
            shards.set(shard.number, shard);
          for (const number of fired) {
            const shard = shards.get(number);
            if (shard !== undefined && !frozen.has(number)) frozen.set(number, shard);
          }
        }
        expect([...shards.values()].flatMap(({ memberIds }) => memberIds).sort((a, b) => a - b)).toEqual(
          range(1, arrived),
        );
        for (const [number, shard] of frozen) expect(shards.get(number)).toEqual(shard);
        const partial = [...shards.values()].filter(
          ({ number, memberIds }) => !frozen.has(number) && memberIds.length < bundle,
        );
        expect(partial.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});
