import { RateLimiter } from './rate-limiter.js';

describe('RateLimiter', () => {
  const takeMany = (limiter: RateLimiter, count: number, nowMs: number): number[] =>
    Array.from({ length: count }, () => limiter.take(1, nowMs)).filter((wait) => wait > 0);

  it('lets a burst of ten seconds through, then asks to wait', () => {
    const limiter = new RateLimiter(2);

    expect(takeMany(limiter, 20, 0)).toEqual([]);
    expect(limiter.take(1, 0)).toBe(1);
  });

  it('fills up again with time, never above its size', () => {
    const limiter = new RateLimiter(2);
    takeMany(limiter, 21, 0);

    expect([limiter.take(1, 500), limiter.take(1, 500)]).toEqual([0, 1]);
    expect(takeMany(limiter, 20, 3_600_000)).toEqual([]);
    expect(limiter.take(1, 3_600_000)).toBe(1);
  });

  it('counts every caller for itself', () => {
    const limiter = new RateLimiter(1);
    takeMany(limiter, 11, 0);

    expect(limiter.take(2, 0)).toBe(0);
  });

  it('does not mind a clock that steps back', () => {
    const limiter = new RateLimiter(1);
    limiter.take(1, 10_000);

    expect(limiter.take(1, 0)).toBe(0);
  });
});
