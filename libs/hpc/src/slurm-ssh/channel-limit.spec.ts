import { ChannelLimit } from './channel-limit.js';

describe('ChannelLimit', () => {
  it('runs so many at a time, the others in the order in which they came', async () => {
    const limit = new ChannelLimit(2);
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const work = [0, 1, 2, 3].map((n) =>
      limit.use(() => {
        started.push(n);
        return new Promise<number>((resolve) => finish.push(() => resolve(n)));
      }),
    );
    expect(started).toEqual([0, 1]);
    finish[1]?.();
    expect(await work[1]).toBe(1);
    expect(started).toEqual([0, 1, 2]);
    finish[0]?.();
    await work[0];
    expect(started).toEqual([0, 1, 2, 3]);
    finish.forEach((end) => end());
    expect(await Promise.all(work)).toEqual([0, 1, 2, 3]);
  });

  it('gives the turn of work that failed to the next', async () => {
    const limit = new ChannelLimit(1);
    const failing = limit.use(() => Promise.reject(new Error('no')));
    const next = limit.use(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(await limit.use(() => Promise.resolve('again'))).toBe('again');
  });
});
