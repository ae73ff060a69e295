import type { PipelineStep, StateCounts } from '../api/api-types.js';
import type { ProgressRow } from '../terminal/progress.js';

/** Sub-groups that will change without anybody doing anything. */
const MOVING = ['missing', 'stale', 'running', 'settling', 'cooling_down'] as const;

const count = (counts: StateCounts, states: readonly (keyof StateCounts)[]): number =>
  states.reduce((total, state) => total + (counts[state] ?? 0), 0);

/** True while something is still going on, or about to, in any of the steps. */
export const isMoving = (steps: readonly Pick<PipelineStep, 'sub_groups'>[]): boolean =>
  steps.some((step) => count(step.sub_groups, MOVING) > 0);

/** A step's sub-groups as progress. */
export function progressOf(step: Pick<PipelineStep, 'name' | 'sub_groups'>): ProgressRow {
  const { sub_groups: counts } = step;
  const waiting = [
    [count(counts, ['blocked']), 'blocked'],
    [count(counts, ['incomplete']), 'incomplete'],
    [count(counts, ['settling', 'cooling_down']), 'waiting'],
    [count(counts, ['paused']), 'paused'],
  ] as const;
  return {
    name: step.name,
    done: count(counts, ['current', 'waived']),
    running: count(counts, ['running']),
    failed: count(counts, ['failed']),
    total: Object.values(counts).reduce((total, one) => total + one, 0),
    note: waiting.flatMap(([number, word]) => (number > 0 ? [`${number} ${word}`] : [])).join(', '),
  };
}
