/** Random numbers that depend on their seed alone, the same on every machine. */

export class Random {
  /** @param {number} seed any integer */
  constructor(seed) {
    this.state = Uint32Array.from([seed >>> 0, 0x9e3779b9, 0x243f6a88, 1]);
    this.spare = NaN;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** Uniform in 0 (included) to 1 (excluded): sfc32 by C. Doty-Humphrey, PractRand. */
  next() {
    const { state } = this;
    const result = (state[0] + state[1] + state[3]) >>> 0;
    state[3]++;
    state[0] = state[1] ^ (state[1] >>> 9);
    state[1] = state[2] + (state[2] << 3);
    state[2] = ((state[2] << 21) | (state[2] >>> 11)) + result;
    return result / 2 ** 32;
  }

  /** Uniform between two bounds. */
  between(low, high) {
    return low + (high - low) * this.next();
  }

  /** Normal with mean 0 and standard deviation 1: Marsaglia's polar method, which makes two at a time. */
  normal() {
    if (!Number.isNaN(this.spare)) {
      const value = this.spare;
      this.spare = NaN;
      return value;
    }
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.spare = v * scale;
      return u * scale;
    }
  }

  /** Poisson with this mean; above 50 the normal approximation is closer than any image could tell. */
  poisson(mean) {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count++;
    return count;
  }
}
