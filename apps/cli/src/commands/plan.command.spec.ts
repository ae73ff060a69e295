import pc from 'picocolors';
import type { PipelinePlan } from '../api/gap-types.js';
import type { Terminal } from '../terminal/terminal.js';
import { printPlan } from './plan.command.js';

const printed = (plan: PipelinePlan): string[] => {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  const terminal: Terminal = {
    colors: pc.createColors(false),
    isLive: false,
    width: 200,
    print,
    write: print,
    note: print,
    draw: print,
  };
  printPlan(terminal, plan);
  return lines
    .join('\n')
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}/g, ' | '));
};

const NONE = { p10: 0, p50: 0, p90: 0 };
const plan = (some: Partial<PipelinePlan>): PipelinePlan => ({
  pipeline: 'm17',
  trigger: 'CONTINUOUS',
  changes: [],
  steps: [],
  runs: { now: 0, later: 0, follows: 0 },
  input_bytes: 0,
  core_hours: NONE,
  finish_seconds: NONE,
  steps_without_history: [],
  ...some,
});

describe('printPlan', () => {
  it('shows the change, every step before and after, a sample, and the sum', () => {
    const lines = printed(
      plan({
        changes: [{ kind: 'step', name: 'm17/reduce', change: 'updated', fields: ['config', 'recipe_hash'] }],
        steps: [
          {
            step: 'reduce',
            retired: false,
            before: { current: 3 },
            after: { stale: 2, settling: 1 },
            runs: { now: 2, later: 1, follows: 0 },
            input_bytes: 3_000_000,
            core_hours: { p10: 1, p50: 1.5, p90: 4 },
            finish_seconds: { p10: 600, p50: 900, p90: 7200 },
            sample: [
              {
                dims: { night: 1 },
                before: 'current',
                after: 'stale',
                causes: ['config'],
                explanation: 'its result is out of date: its configuration changed',
                run: 'now',
              },
              {
                dims: { night: 9 },
                before: 'current',
                after: null,
                causes: [],
                explanation: 'it would not be there any more',
                run: null,
              },
            ],
          },
          {
            step: 'plot',
            retired: true,
            before: { current: 1 },
            after: {},
            runs: { now: 0, later: 0, follows: 0 },
            input_bytes: 0,
            core_hours: NONE,
            finish_seconds: NONE,
            sample: [],
          },
        ],
        runs: { now: 2, later: 1, follows: 4 },
        input_bytes: 3_000_000,
        core_hours: { p10: 1, p50: 1.5, p90: 4 },
        finish_seconds: { p10: 600, p50: 900, p90: 7200 },
      }),
    );
    expect(lines).toEqual([
      'change | kind | name | what',
      'updated | step | m17/reduce | config, recipe_hash',
      '1 step(s) have a new recipe: their results would become stale.',
      '1 would change, 0 unchanged.',
      '',
      'step | sub-groups now | then | runs | input | core-hours | done after',
      'reduce | 3 current | 2 stale, 1 settling | 2 now, 1 later | 3.0 MB | 1.5 (1 – 4) | 15 min 00 s (10 min 00 s – 2 h 00 min)',
      'plot (retired) | 1 current | – | none | 0 B | – | –',
      '',
      'reduce | now | then | run | why',
      'night=1 | current | stale | now | its result is out of date: its configuration changed',
      'night=9 | current | gone | – | it would not be there any more',
      '',
      '7 runs: 2 now, 1 later, 4 following; 3.0 MB of input.',
      '1.5 (1 – 4) core-hours, done after 15 min 00 s (10 min 00 s – 2 h 00 min): the usual, and from quick to slow, if nothing else runs.',
    ]);
  });

  it('says that there is no estimate, and what the runs wait for', () => {
    const runs = { now: 1, later: 0, follows: 0 };
    const unknown = { core_hours: null, finish_seconds: null, steps_without_history: ['reduce'] };
    expect(printed(plan({ runs, ...unknown, trigger: 'MANUAL' })).slice(-3)).toEqual([
      '1 run: 1 now; 0 B of input.',
      'No estimate: nothing of reduce has run yet.',
      'The pipeline is MANUAL: they wait until it is triggered.',
    ]);
  });

  it('says that there is nothing to do', () => {
    expect(printed(plan({})).at(-1)).toBe('Nothing would be run.');
  });
});
