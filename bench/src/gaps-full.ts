import { databaseTime, requireRebuild } from '@meridian/ops-db';
import type { Archive } from './gaps-databases.js';
import { everyStep, plainGap, STEPS, Ticker } from './gaps-steps.js';
import { median, type Figure, type Figures } from './report.js';

export interface FullEvaluation {
  readonly items: number;
  readonly engineMs: number;
  readonly plainMs: number;
}

const MOST = 1.2;
/** A round of more items takes half an hour: one must do. */
const LARGEST_REPEATED = 2_000_000;
/** Of time per item from the smallest archive that is like the goal's to the largest: caches end, and trees get a level more. */
const LINEAR = 1.5;

/** P1 at one size, interleaved: every step from scratch beside one plain statement per step. */
export async function fullEvaluation(
  { items, dataSource, firstEvaluationMs }: Archive,
  wantedRounds: number,
): Promise<{ measured: FullEvaluation; figures: Figures }> {
  const { manager } = dataSource;
  const rounds = items > LARGEST_REPEATED ? 1 : wantedRounds;
  const ticker = new Ticker(dataSource, 1);
  const steps = await everyStep(manager);
  const engine: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const now = await databaseTime(manager);
    let spent = 0;
    for (const step of steps) spent += await plainGap(manager, step, now);
    plain.push(spent);
    await requireRebuild(manager, null);
    engine.push((await ticker.tick()).milliseconds);
  }
  const measured = { items, engineMs: median(engine), plainMs: median(plain) };
  const figure = beside(measured.engineMs, measured.plainMs);
  const note = `${STEPS} steps from scratch, sub-groups known; medians of ${rounds} interleaved rounds`;
  return {
    measured,
    figures: {
      [`P1 at ${items}`]: { ...figure, note },
      [`P1 at ${items}, first evaluation`]: {
        ...beside(firstEvaluationMs, measured.plainMs),
        note: 'once; besides looking at everything it writes every sub-group, which the yardstick does not',
      },
    },
  };
}

function beside(engineMs: number, plainMs: number): Figure {
  const ratio = engineMs / plainMs;
  return {
    value: engineMs,
    unit: 'ms',
    yardstick: { name: 'hash aggregate and anti-join, one statement per step', value: plainMs },
    ratio,
    goal: `≤ ${MOST} ×`,
    holds: ratio <= MOST,
  };
}

/** How time per item grows from the smallest to the largest archive, beside how the yardstick's does. */
export function linearity(sizes: readonly FullEvaluation[]): Figures {
  const first = sizes[0];
  const last = sizes.at(-1);
  if (first === undefined || last === undefined || first === last) return {};
  const growth = (of: (size: FullEvaluation) => number): number =>
    of(last) / last.items / (of(first) / first.items);
  const value = growth(({ engineMs }) => engineMs);
  const yardstick = growth(({ plainMs }) => plainMs);
  return {
    [`P1 linearity, ${first.items} to ${last.items}`]: {
      value,
      unit: '× the time per item',
      yardstick: { name: 'the same of the plain statements', value: yardstick },
      ratio: value / yardstick,
      goal: `linear (≤ ${LINEAR} × per item)`,
      holds: value <= LINEAR,
    },
  };
}
