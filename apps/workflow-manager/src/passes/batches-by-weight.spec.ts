import { batchesByWeight } from './batches-by-weight.js';

describe('batchesByWeight', () => {
  it.each([
    [[], []],
    [
      [1, 2, 3],
      [[1, 2], [3]],
    ],
    [
      [9, 1, 2],
      [[9], [1, 2]],
    ],
    [
      [1, 9],
      [[1], [9]],
    ],
    [
      [3, 3],
      [[3], [3]],
    ],
  ])('%j is cut into %j', (weights, batches) => {
    expect(batchesByWeight(weights, (weight) => weight, 4)).toEqual(batches);
  });
});
