import { jsonPointer } from '../definition/json-pointer.js';
import { DIMENSION_NAME } from '../filter/filter.js';
import { parseJsonPath } from '../filter/json-path.js';
import { DomainError, type Problem } from '../shared/domain-error.js';
import { GROUP_BY_LIMITS, type GroupByTerm } from './group-by-term.js';
import { isNside, MAX_NSIDE } from './healpix.js';
import { bucketName, bucketSeconds } from './time-bucket.js';

const TERMS =
  "a dimension name, date(obs_time), time_bucket(obs_time, '10 min'), healpix(64) or metadata.<path>";

/**
 * The terms of a step's `group_by`: `[]` is one group with everything.
 *
 * | term | dimension in the key | value |
 * |---|---|---|
 * | `source` | `source` | the dimension |
 * | `date(obs_time)` | `obs_date` | UTC date, `2026-03-01` |
 * | `time_bucket(obs_time, '10 min')` | `obs_time_10min` | start of the bucket, `2026-03-01T12:10:00Z` |
 * | `healpix(64)` | `healpix_64` | pixel number, ring scheme, of the item's position |
 * | `metadata.observation.line` | `observation_line` | the value at that path, when it is no list or object |
 *
 * @throws DomainError `group_by.invalid` whose `problems` name every wrong term by JSON pointer.
 */
export function parseGroupBy(json: unknown): readonly GroupByTerm[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string): void =>
    void problems.push({ code: 'group_by.bad_term', path, message });
  const terms: GroupByTerm[] = [];
  if (!Array.isArray(json)) report('', `must be a list of terms, each ${TERMS}`);
  else if (json.length > GROUP_BY_LIMITS.terms) report('', `may have at most ${GROUP_BY_LIMITS.terms} terms`);
  else {
    for (const [index, entry] of (json as readonly unknown[]).entries()) {
      const parsed =
        typeof entry === 'string' && entry.length <= GROUP_BY_LIMITS.textLength
          ? parseTerm(entry.trim())
          : `must be ${TERMS}`;
      if (typeof parsed === 'string') report(jsonPointer(index), parsed);
      else if (terms.some((term) => term.name === parsed.name))
        report(jsonPointer(index), `gives the dimension "${parsed.name}" a second time: remove one`);
      else terms.push(parsed);
    }
  }
  if (problems.length === 0) return terms;
  throw new DomainError({
    kind: 'invalid',
    code: 'group_by.invalid',
    message: `group_by ${problems[0]?.message ?? ''}`,
    action: 'Correct the terms at the paths that the problems name.',
    problems,
  });
}

/** The term, or what is wrong with it. */
function parseTerm(text: string): GroupByTerm | string {
  if (DIMENSION_NAME.test(text)) return { kind: 'dim', name: text };
  if (text.startsWith('metadata.')) return parseMetadataTerm(text.slice('metadata.'.length));
  const call = /^([a-z_]+)\s*\(([^()]*)\)$/.exec(text);
  const inside = (call?.[2] ?? '').split(',').map((argument) => argument.trim());
  switch (call?.[1]) {
    case 'date':
      return inside.length === 1 && inside[0] === 'obs_time'
        ? { kind: 'date', name: 'obs_date' }
        : 'must be written date(obs_time)';
    case 'time_bucket':
      return parseTimeBucketTerm(inside);
    case 'healpix':
      return parseHealpixTerm(inside);
    default:
      return `must be ${TERMS}`;
  }
}

function parseMetadataTerm(text: string): GroupByTerm | string {
  const path = parseJsonPath(text);
  if (path === null)
    return 'must name a value in the metadata, like metadata.observation.frequency_ghz or metadata.bands.0.name';
  const name = path
    .join('_')
    .replace(/[^A-Za-z0-9_]/g, '_')
    .replace(/^(?=[0-9])/, '_');
  return DIMENSION_NAME.test(name)
    ? { kind: 'metadata', name, path }
    : 'must be shorter: the path names a dimension of at most 63 characters';
}

function parseTimeBucketTerm([subject, quoted, ...rest]: readonly string[]): GroupByTerm | string {
  const width = /^(['"])([^'"]*)\1$/.exec(quoted ?? '')?.[2];
  const seconds = width === undefined ? null : bucketSeconds(width);
  if (subject !== 'obs_time' || seconds === null || rest.length > 0) {
    return "must be written time_bucket(obs_time, '10 min'): a whole number of s, min, h, d or weeks, from 1 s to 366 d";
  }
  return { kind: 'time_bucket', name: bucketName(seconds), seconds };
}

function parseHealpixTerm([argument, ...rest]: readonly string[]): GroupByTerm | string {
  const nside = /^[0-9]{1,5}$/.test(argument ?? '') ? Number(argument) : 0;
  if (rest.length > 0 || !isNside(nside))
    return `must be written healpix(64): nside is a power of two from 1 to ${MAX_NSIDE}`;
  return { kind: 'healpix', name: `healpix_${nside}`, nside };
}
