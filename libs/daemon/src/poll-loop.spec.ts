import { setImmediate as allRan } from 'node:timers/promises';
import pino from 'pino';
import type { Pass } from './pass.js';
import { patient } from './patient.js';
import { PollLoop } from './poll-loop.js';

const silent = pino({ level: 'silent' });
const loopOver = (passes: readonly Pass[]) =>
  new PollLoop({ passes, logger: silent, now: () => new Date(0) });

/** A promise with its key outside. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('PollLoop', () => {
  it('runs the passes in order and goes on until none changes anything', async () => {
    const seen: string[] = [];
    const done = gate();
    let backlog = 2;
    const loop = loopOver([
      { name: 'first', run: async () => (seen.push('first'), backlog-- > 0 ? 1 : 0) },
      { name: 'second', run: async () => (seen.push('second') === 6 && done.open(), 0) },
    ]);

    loop.wake();
    await done.opened;
    await loop.stop();

    expect(seen).toEqual(['first', 'second', 'first', 'second', 'first', 'second']);
  });

  it('never overlaps two ticks, and a wake-up during one leads to exactly one more', async () => {
    const inside = gate();
    const release = gate();
    const again = gate();
    let ticks = 0;
    let atOnce = 0;
    let mostAtOnce = 0;
    const loop = loopOver([
      {
        name: 'slow',
        run: async () => {
          mostAtOnce = Math.max(mostAtOnce, ++atOnce);
          ticks += 1;
          if (ticks === 1) {
            inside.open();
            await release.opened;
          } else again.open();
          atOnce -= 1;
          return 0;
        },
      },
    ]);

    loop.wake();
    await inside.opened;
    loop.wake();
    loop.wake();
    release.open();
    await again.opened;
    await loop.stop();

    expect({ ticks, mostAtOnce }).toEqual({ ticks: 2, mostAtOnce: 1 });
  });

  it('reports a pass that throws and still runs the next', async () => {
    const done = gate();
    const loop = loopOver([
      { name: 'broken', run: () => Promise.reject(new Error('no route to host')) },
      { name: 'sound', run: async () => (done.open(), 0) },
    ]);

    loop.wake();
    await done.opened;
    await loop.stop();

    expect(Object.fromEntries(loop.reports)).toEqual({
      broken: {
        lastRunAt: '1970-01-01T00:00:00.000Z',
        durationMs: 0,
        changed: 0,
        consecutiveFailures: 1,
        lastError: 'no route to host',
      },
      sound: { lastRunAt: '1970-01-01T00:00:00.000Z', durationMs: 0, changed: 0, consecutiveFailures: 0 },
    });
  });

  it('leaves a patient pass alone at polls, but not when it is called, wishes to run or others found something', async () => {
    let clock = 0;
    let found = 0;
    let wish: number | null = null;
    const seen: string[] = [];
    const note = (name: string) => async (_signal: AbortSignal) => (seen.push(name), 0);
    const loop = new PollLoop({
      passes: [
        { name: 'poll', run: async () => (seen.push('poll'), found-- > 0 ? 1 : 0) },
        patient(2, { name: 'patient', run: note('patient') }),
        patient(2, {
          name: 'wishful',
          run: (signal) => ((wish = null), note('wishful')(signal)),
          nextInMs: () => wish,
        }),
      ],
      logger: silent,
      now: () => new Date(clock),
    });
    const after = async (ask: () => void): Promise<string> => {
      ask();
      await allRan();
      return seen.splice(0).join(' ');
    };

    expect(await after(() => loop.poll())).toBe('poll patient wishful');
    clock = 9;
    expect(await after(() => loop.poll())).toBe('poll');
    wish = 0;
    expect(await after(() => loop.poll())).toBe('poll wishful');
    clock = 10;
    expect(await after(() => loop.poll())).toBe('poll patient');
    expect(await after(() => loop.wake())).toBe('poll patient wishful');
    found = 1;
    expect(await after(() => loop.poll())).toBe('poll poll patient wishful');
    expect(await after(() => (loop.poll(), loop.wake()))).toBe('poll poll patient wishful');
    await loop.stop();
  });

  it('runs again when a pass wants to, and not after it was stopped', async () => {
    const again = gate();
    const moments: number[] = [];
    const loop = loopOver([
      {
        name: 'punctual',
        run: async () => (moments.push(performance.now()) === 3 && again.open(), 0),
        nextInMs: () => 20,
      },
      { name: 'leisurely', run: async () => 0, nextInMs: () => 60_000 },
      { name: 'content', run: async () => 0, nextInMs: () => null },
    ]);

    loop.wake();
    await again.opened;
    await loop.stop();

    const [first = 0, , third = 0] = moments;
    expect(third - first).toBeGreaterThanOrEqual(40);
    const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout');
    loop.wake();
    expect(process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout')).toEqual(timers);
  });
});
