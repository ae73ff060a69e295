import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import type { StaleCause, SubGroupState } from './sub-group-state.js';

/** What the ops-db says of one sub-group; `until` is an ISO 8601 time. */
export interface SubGroupAccount {
  readonly state: SubGroupState;
  readonly causes: readonly StaleCause[];
  readonly detail: JsonObject;
  readonly until: string | null;
}

const CAUSE_WORDS: Record<StaleCause, string> = {
  input_added: 'an input was added',
  input_removed: 'an input was removed',
  input_changed: 'an input changed',
  software: 'the software changed',
  config: 'its configuration changed',
  upstream_remade: 'an upstream result was made again',
  calibration_superseded: 'a better calibration arrived',
  forced: 'somebody asked for it again',
};

/** One sentence for people: why this sub-group has, or has not, got its result. */
export function explainSubGroup({ state, causes, detail, until }: SubGroupAccount): string {
  const why = causes.map((cause) => CAUSE_WORDS[cause]).join(', ');
  switch (state) {
    case 'current':
      return 'its result is up to date';
    case 'missing':
      return why === '' ? 'never processed; a run is due' : `never processed; a run is due: ${why}`;
    case 'stale':
      return `its result is out of date: ${why}`;
    case 'incomplete':
      return explainIncomplete(detail);
    case 'blocked':
      return explainBlocked(detail);
    case 'settling':
      return `waits until ${until ?? 'later'} for more inputs to arrive`;
    case 'cooling_down':
      return `waits until ${until ?? 'later'}: its last run started a short time ago${why === '' ? '' : ` (${why})`}`;
    case 'running':
      return `run ${word(detail['run_id'])} is working on it`;
    case 'failed':
      return `run ${word(detail['run_id'])} failed for good: ${word(detail['failure_class'])} after ${times(detail['failures'])}; retry the run, or change its inputs or recipe`;
    case 'waived':
      return `waived by ${word(detail['by'])}${because(detail)}`;
    case 'paused':
      return `paused by ${word(detail['by'])}${because(detail)}`;
  }
}

function explainIncomplete(detail: JsonObject): string {
  const missing = detail['missing_dims'];
  if (Array.isArray(missing) && missing.length > 0)
    return `its members have no ${missing.map(word).join(', ')}`;
  return `has ${word(detail['members'])} of the ${word(detail['needed'])} members that it needs`;
}

/** `waits for extract: 2 running, 1 failed; calibrate: 1 missing` */
function explainBlocked(detail: JsonObject): string {
  const entries = Array.isArray(detail['blocked_by'])
    ? (detail['blocked_by'] as readonly Json[]).filter(isJsonObject)
    : [];
  if (entries.length === 0) return 'waits for an upstream step';
  const byStep = new Map<string, string[]>();
  for (const entry of entries) {
    const step = word(entry['step']);
    const count = `${word(entry['count'] ?? 1)} ${word(entry['state']).replaceAll('_', ' ')}`;
    byStep.set(step, [...(byStep.get(step) ?? []), count]);
  }
  return `waits for ${[...byStep].map(([step, counts]) => `${step}: ${counts.join(', ')}`).join('; ')}`;
}

const times = (count: Json | undefined): string => (count === 1 ? '1 try' : `${word(count)} tries`);

const because = (detail: JsonObject): string =>
  detail['reason'] === null || detail['reason'] === undefined || detail['reason'] === ''
    ? ''
    : `: ${word(detail['reason'])}`;

const word = (value: Json | undefined): string =>
  value === undefined || value === null ? '?' : typeof value === 'string' ? value : JSON.stringify(value);
