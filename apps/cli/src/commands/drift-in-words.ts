import type { Pipeline, PipelineDetail } from '../api/api-types.js';
import { formatAgo } from '../terminal/formats.js';

/** Of pipelines in which nothing was found wrong: how many there are, and how long ago each has been looked at, at least. */
export function agreementInWords(pipelines: readonly Pipeline[], now: Date): string {
  if (pipelines.length === 0) return 'no pipelines yet';
  const times = pipelines.flatMap(({ reconciled_at }) => (reconciled_at === null ? [] : [reconciled_at]));
  const waiting = pipelines.filter(({ reconciled_at }) => reconciled_at === null).map(({ name }) => name);
  const [longestAgo] = times.sort((left, right) => Date.parse(left) - Date.parse(right));
  return [
    longestAgo === undefined
      ? []
      : `${times.length} of ${pipelines.length} pipelines agree with the archive (compared longest ago: ${formatAgo(longestAgo, now)})`,
    waiting.length === 0 ? [] : `still to be evaluated: ${waiting.join(', ')}`,
  ]
    .flat()
    .join('; ');
}

/** Steps of which sub-groups were found to be other than the archive says. */
export function driftInWords(pipelines: readonly PipelineDetail[]): string {
  const wrong = pipelines.flatMap(({ name, steps }) =>
    steps
      .filter(({ drift_count }) => drift_count > 0)
      .map((step) => `${step.drift_count} of ${name}/${step.name}`),
  );
  return `sub-groups were not what the archive says: ${wrong.join(', ')}`;
}

export const DRIFT_ACTION =
  'They are evaluated from scratch at once, so nothing stays wrong; but it is a defect of Meridian: report it, with the errors that the trigger-manager logged about these steps.';
