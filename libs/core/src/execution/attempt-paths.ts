import { sha256Hex } from '../recipe/hashing.js';
import type { Dims, JsonScalar } from '../shared/json.js';

/** What lies in an attempt's directory, relative to it. docs/container-contract.md shows the picture. */
export const ATTEMPT_FILES = {
  manifest: 'config/manifest.json',
  script: 'job.sh',
  input: 'input',
  output: 'output',
  logs: 'logs',
  /** What the step printed. The scheduler must never get these two as its own files: a second copy would truncate them. */
  stdout: 'logs/stdout.log',
  stderr: 'logs/stderr.log',
  /** What the job script itself printed: `JobSpec.stdoutPath` and `stderrPath`. */
  jobStdout: 'logs/job.out',
  jobStderr: 'logs/job.err',
  /** A directory whose existence says that this attempt was started, once and for all. */
  claim: 'claim',
  /** The scheduler's job id of the copy that holds the claim; empty where the scheduler gave none. */
  claimJob: 'claim/job',
  /** Exists when the scheduler started the same job a second time (exit code 114). */
  requeued: 'claim/requeued',
  heartbeat: 'heartbeat',
  result: 'result.json',
} as const;

const MAX_SLUG = 60;
const MAX_NAME = 64;
const SHORT_HASH = 8;
const LONG_HASH = 16;
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Folders inside a sub-group's directory that are no step. */
const RESERVED_NAMES: readonly string[] = ['workspace'];

export interface SubGroupPlace {
  /** Two installations may share a base, and one that was made anew counts its runs from 1 again. */
  readonly installation: string;
  readonly pipeline: string;
  readonly subGroupDims: Dims;
  readonly subGroupKey: string;
}

export interface AttemptPlace extends SubGroupPlace {
  readonly step: string;
  readonly runId: number;
  readonly attempt: number;
}

/**
 * A name for people plus a piece of the key for uniqueness: `raw_data_file-m17_a-1f3c9a2b`.
 *
 * Made of `[A-Za-z0-9._-]` only, never longer than 80 characters, never starting with a dash or a dot, whatever the
 * values hold. Where characters had to be replaced or cut off, the name alone no longer tells two sub-groups apart, so
 * more of the key follows.
 */
export function subGroupSlug(dims: Dims, key: string): string {
  const raw = Object.keys(dims)
    .sort()
    .flatMap((name) => [name, scalarText(dims[name] ?? null)])
    .join('-');
  const slug = slugOf(raw, MAX_SLUG) || 'all';
  const hash = /^[0-9a-f]{16,64}$/.test(key) ? key : sha256Hex(key);
  return `${slug}-${hash.slice(0, slug === raw ? SHORT_HASH : LONG_HASH)}`;
}

/** Where one attempt lives, relative to the location's base: `<pipeline>/<sub-group>/<step>/<installation>-<run>.<attempt>`. */
export function attemptDirectory(place: AttemptPlace): string {
  const { installation, step, runId, attempt } = place;
  return `${subGroupDirectory(place)}/${safeName(step)}/${installation}-${runId}.${attempt}`;
}

/** The scratch space that the steps of one sub-group share, relative to the location's base. */
export const workspaceDirectory = (place: SubGroupPlace): string =>
  `${subGroupDirectory(place)}/workspace/${place.installation}`;

/** The folder name of a step, also inside the workspace; a name that is safe already stays as it is. */
export function safeName(name: string): string {
  if (SAFE_NAME.test(name) && name.length <= MAX_NAME && !RESERVED_NAMES.includes(name)) return name;
  return `${slugOf(name, MAX_NAME - 1 - SHORT_HASH) || 'x'}-${sha256Hex(name).slice(0, SHORT_HASH)}`;
}

const subGroupDirectory = (place: SubGroupPlace): string =>
  `${safeName(place.pipeline)}/${subGroupSlug(place.subGroupDims, place.subGroupKey)}`;

const scalarText = (value: JsonScalar): string => (value === null ? 'none' : String(value));

const slugOf = (text: string, maxLength: number): string =>
  text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, maxLength);
