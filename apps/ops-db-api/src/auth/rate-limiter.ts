interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/**
 * One token bucket per caller, in this process's memory.
 *
 * It protects the database from a script that loops, not from an attacker with many tokens; buckets are as many as
 * there are API tokens.
 */
export class RateLimiter {
  private readonly buckets = new Map<number, Bucket>();
  private readonly capacity: number;

  constructor(private readonly perSecond: number) {
    this.capacity = perSecond * 10;
  }

  /** Seconds until the next request is welcome; 0 takes one now. */
  take(tokenId: number, nowMs: number): number {
    const bucket = this.buckets.get(tokenId) ?? { tokens: this.capacity, filledAtMs: nowMs };
    const refill = ((nowMs - bucket.filledAtMs) / 1000) * this.perSecond;
    bucket.tokens = Math.min(this.capacity, bucket.tokens + Math.max(0, refill));
    bucket.filledAtMs = nowMs;
    this.buckets.set(tokenId, bucket);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.perSecond);
    bucket.tokens -= 1;
    return 0;
  }
}
