/** Random numbers that a seed brings back: the same seed, the same history. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 up to, not including, 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  whole = (least: number, most: number): number => least + Math.floor(this.next() * (most - least + 1));

  chance = (probability: number): boolean => this.next() < probability;

  /** One of them, or undefined when there is none. */
  oneOf = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(this.next() * items.length)];

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return this.oneOf(items) ?? items[0];
  }

  /** A key of `weights`, each as likely as its weight. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
    const entries = Object.entries(weights) as [Key, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    throw new Error('nothing to choose from');
  }
}
