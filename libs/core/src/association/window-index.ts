/** One window of time; a greater rank is preferred. Ranks are different and not negative. */
export interface RankedWindow {
  readonly from: number;
  readonly to: number;
  readonly rank: number;
}

/**
 * Windows by when they begin, above them a tree of the latest end and the best rank in every half: finds the best of all windows
 * that begin and end where they should, without looking at each. Logarithmic where ranks follow the beginnings; otherwise
 * halves are passed over that hold nothing better.
 */
export class WindowIndex<Window extends RankedWindow> {
  private readonly windows: readonly Window[];
  private readonly begins: readonly number[];
  /** Leaves from `width` on; node n has the children 2n and 2n + 1. */
  private readonly width: number;
  private readonly latestEnd: Float64Array;
  private readonly bestRank: Float64Array;

  constructor(windows: readonly Window[]) {
    this.windows = [...windows].sort((a, b) => (a.from === b.from ? 0 : a.from < b.from ? -1 : 1));
    this.begins = this.windows.map(({ from }) => from);
    this.width = 1;
    while (this.width < this.windows.length) this.width *= 2;
    this.latestEnd = new Float64Array(2 * this.width).fill(-Infinity);
    this.bestRank = new Float64Array(2 * this.width).fill(-1);
    this.windows.forEach(({ to, rank }, index) => {
      this.latestEnd[this.width + index] = to;
      this.bestRank[this.width + index] = rank;
    });
    for (let node = this.width - 1; node > 0; node -= 1) {
      this.latestEnd[node] = Math.max(this.endOf(2 * node), this.endOf(2 * node + 1));
      this.bestRank[node] = Math.max(this.rankOf(2 * node), this.rankOf(2 * node + 1));
    }
  }

  /** Of the windows that begin at `lastBegin` or earlier and end at `firstEnd` or later, the one of the best rank. */
  best(lastBegin: number, firstEnd: number): Window | undefined {
    const count = firstAbove(this.begins, lastBegin);
    let [found, rank] = [-1, -1];
    const waiting = [{ node: 1, low: 0, size: this.width }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { node, low } = next;
      if (low >= count || this.rankOf(node) <= rank || this.endOf(node) < firstEnd) continue;
      if (node >= this.width) {
        [found, rank] = [low, this.rankOf(node)];
        continue;
      }
      const size = next.size / 2;
      const left = { node: 2 * node, low, size };
      const right = { node: 2 * node + 1, low: low + size, size };
      // What comes last is looked at first: the better half, so that the other one can be passed over.
      if (this.rankOf(left.node) > this.rankOf(right.node)) waiting.push(right, left);
      else waiting.push(left, right);
    }
    return this.windows[found];
  }

  private endOf(node: number): number {
    return this.latestEnd[node] ?? -Infinity;
  }

  private rankOf(node: number): number {
    return this.bestRank[node] ?? -1;
  }
}

/** How many of the sorted numbers are not above `value`: the index of the first that is. */
export const firstAbove = (sorted: readonly number[], value: number): number =>
  firstWhere(sorted, (number) => number > value);

/** The index of the first of the sorted numbers that is not below `value`. */
export const firstFrom = (sorted: readonly number[], value: number): number =>
  firstWhere(sorted, (number) => number >= value);

function firstWhere(sorted: readonly number[], isReached: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isReached(sorted[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}
