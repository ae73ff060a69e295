/** Random numbers that a seed brings back: the same seed, the same world, history or filter. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A generator of its own for part `index` of what this seed describes. */
  static of(seed: number, index: number): Random {
    const mixed = new Random(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35));
    mixed.next();
    return mixed;
  }

  /** From 0 up to, not including, 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  between = (least: number, most: number): number => least + this.next() * (most - least);

  whole = (least: number, most: number): number => Math.floor(this.between(least, most + 1));

  chance = (probability: number): boolean => this.next() < probability;

  /** One of them, or undefined when there is none. */
  oneOf = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(this.next() * items.length)];

  pick<const Item>(items: readonly Item[]): Item {
    const item = this.oneOf(items);
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** A key of `weights`, each as likely as its weight. */
  weighted<Key extends string>(weights: Readonly<Partial<Record<Key, number>>>): Key {
    const entries = Object.entries(weights) as [Key, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    throw new Error('nothing to choose from');
  }
}
