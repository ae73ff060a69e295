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
      return explainIncomplete(detail, until);
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

/** Dimensions that a kind of grouping adds: what lacks one could not be put into any group. */
const KIND_DIMS: readonly Json[] = ['cluster', 'window', 'split', 'case', 'shard'];

function explainIncomplete(detail: JsonObject, until: string | null): string {
  const { missing_dims: missing, missing_slots: slots, form } = detail;
  if (Array.isArray(missing) && missing.length > 0) {
    const unplaced = missing.filter((name: Json) => KIND_DIMS.includes(name));
    return unplaced.length > 0
      ? `its members could not be put into a ${unplaced.map(word).join(', ')}`
      : `its members have no ${missing.map(word).join(', ')}`;
  }
  if (form !== undefined) return explainForm(detail, until);
  const deadline = until === null ? '' : `; it is run as it is at ${until}`;
  if (Array.isArray(slots))
    return `lacks ${word(detail['dim'])} ${listed(slots)}, and needs at least ${word(detail['needed'])} of them${deadline}`;
  return `has ${word(detail['members'])} of the ${word(detail['needed'])} members that it needs${deadline}`;
}

/** What the formation of an observation says of it. */
function explainForm(detail: JsonObject, until: string | null): string {
  const why = detail['reason'] === undefined ? '' : `: ${word(detail['reason'])}`;
  switch (detail['form']) {
    case 'collecting': {
      const closing = until === null ? '' : `; it closes at ${until} if nothing more comes`;
      return `is being collected: has ${word(detail['present'])} of ${word(detail['expected'])}${lacking(detail)}${closing}`;
    }
    case 'ambiguous':
      return `is ambiguous${why}`;
    case 'expired':
      return `waited in vain${why}${lacking(detail)}`;
    default:
      return `is refused${why}${lacking(detail)}`;
  }
}

const lacking = ({ missing }: JsonObject): string =>
  Array.isArray(missing) && missing.length > 0 ? `, lacks ${listed(missing)}` : '';

/** Where a list in a sentence ends. */
const MOST_LISTED = 8;
const listed = (values: readonly Json[]): string =>
  values.length > MOST_LISTED
    ? `${values.slice(0, MOST_LISTED).map(word).join(', ')} and ${values.length - MOST_LISTED} more`
    : values.map(word).join(', ');

/** `waits for extract: 2 running, 1 failed; calibrate: 1 missing` */
function explainBlocked(detail: JsonObject): string {
  const { associations } = detail;
  if (isJsonObject(associations)) return explainAssociations(associations);
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

const ABSENCES: Readonly<Record<string, string>> = {
  none_found: 'none is found',
  no_such_dim: 'its members do not agree in a dimension that is asked for',
  no_time: 'its members have no time',
};

/** `waits for dark: none is found` */
function explainAssociations({ missing, absent, awaiting }: JsonObject): string {
  const reasonOf = (name: Json): string => {
    const reason = isJsonObject(absent) ? absent[word(name)] : undefined;
    return ABSENCES[word(reason)] ?? 'none is found';
  };
  if (Array.isArray(missing) && missing.length > 0)
    return `waits for ${missing.map((name: Json) => `${word(name)}: ${reasonOf(name)}`).join('; ')}`;
  if (!isJsonObject(awaiting)) return 'waits for a calibration';
  return `waits until ${word(awaiting['until'])} for ${word(awaiting['name'])}, which sub-group ${word(awaiting['producer'])} is making`;
}

const times = (count: Json | undefined): string => (count === 1 ? '1 try' : `${word(count)} tries`);

const because = (detail: JsonObject): string =>
  detail['reason'] === null || detail['reason'] === undefined || detail['reason'] === ''
    ? ''
    : `: ${word(detail['reason'])}`;

const word = (value: Json | undefined): string =>
  value === undefined || value === null ? '?' : typeof value === 'string' ? value : JSON.stringify(value);
