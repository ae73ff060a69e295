/** `items` in order, cut so that no batch weighs more than `limit`, unless a single item does. */
export function batchesByWeight<Item>(
  items: readonly Item[],
  weightOf: (item: Item) => number,
  limit: number,
): Item[][] {
  const batches: Item[][] = [];
  let weight = Infinity;
  for (const item of items) {
    weight += weightOf(item);
    if (weight > limit) {
      batches.push([]);
      weight = weightOf(item);
    }
    batches.at(-1)?.push(item);
  }
  return batches;
}
