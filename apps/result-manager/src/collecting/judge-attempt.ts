import {
  classifyFailure,
  DomainError,
  parseResultRecord,
  parseStepOutputs,
  promisedFits,
  readOutputs,
  withWordsOfProgram,
  messageOf,
  type CollectedOutputs,
  type ContractTexts,
  type Failure,
  type ResultRecord,
} from '@meridian/core';
import { SiteAway, type SiteFiles } from '@meridian/hpc';
import type { ClaimedCollection } from '@meridian/ops-db';
import { AttemptDirectory } from './attempt-directory.js';
import { withHeaders } from './read-headers.js';
import { verifyFiles, type HashPolicy } from './verify-files.js';

/** What is to become of a run whose job ended. */
export type Verdict =
  | { readonly kind: 'completed'; readonly record: ResultRecord; readonly outputs: CollectedOutputs }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly record: ResultRecord | null }
  /** Nothing can be said yet; look again later. */
  | { readonly kind: 'wait'; readonly reason: string };

export interface JudgingRules {
  readonly hashPolicy: HashPolicy;
  /** A record may reach us later than the news of the job's end, over a network file system. */
  readonly recordGraceSeconds: number;
  /** How long a disk that does not answer is asked again before the run fails. */
  readonly diskPatienceSeconds: number;
}

const MAX_CONTRACT_FILE_BYTES = 64 * 1024 * 1024;

/** A disk that did not answer: maybe it will. */
class Unreachable extends Error {}

/** Judges one ended attempt by the record, the files and the site's word. Reads the disk, writes nothing, never rejects. */
export async function judgeAttempt(
  claimed: ClaimedCollection,
  files: SiteFiles,
  rules: JudgingRules,
): Promise<Verdict> {
  const directory = new AttemptDirectory(files, claimed.basePath, claimed.directory);
  try {
    return await judge(claimed, directory, rules);
  } catch (error) {
    return verdictOfSilence(error, claimed, rules);
  }
}

/** What it means that results cannot be read: for some time nothing, then that they are lost. */
export function verdictOfSilence(
  error: unknown,
  { secondsSinceEnd }: Pick<ClaimedCollection, 'secondsSinceEnd'>,
  { diskPatienceSeconds }: Pick<JudgingRules, 'diskPatienceSeconds'>,
): Verdict {
  const reason = messageOf(error);
  // A site that is away says nothing about what the job left; it is waited for as long as its scheduler would be.
  if (error instanceof SiteAway || secondsSinceEnd < diskPatienceSeconds) return { kind: 'wait', reason };
  const failure: Failure = { class: 'COLLECTION', reason: `the results cannot be read: ${reason}` };
  return { kind: 'failed', failure, record: null };
}

async function judge(
  claimed: ClaimedCollection,
  directory: AttemptDirectory,
  rules: JudgingRules,
): Promise<Verdict> {
  const reading = await directory.readRecord();
  if (reading.kind === 'unreachable') throw new Unreachable(reading.reason);
  if (reading.kind === 'absent' && claimed.secondsSinceEnd < rules.recordGraceSeconds)
    return { kind: 'wait', reason: 'the record is not there yet' };
  const record = reading.kind === 'read' ? ownRecord(reading.text, claimed) : null;
  if (record !== null && 'class' in record) return { kind: 'failed', failure: record, record: null };
  const failure = classifyFailure({
    observation:
      claimed.endState === null
        ? { kind: 'unknown' }
        : {
            kind: 'finished',
            state: claimed.endState,
            exitCode: claimed.exitCode,
            usage: {},
            ...(claimed.siteReason === null ? {} : { reason: claimed.siteReason }),
          },
    record,
    walltimeMinutes: claimed.walltimeMinutes,
    exitCodeMap: claimed.exitCodes,
    cancelRequested: claimed.cancelRequested,
  });
  if (failure !== null || record === null) return failed(failure ?? NO_RECORD, record, directory);
  const problems = await verifyFiles(directory, record.files, rules.hashPolicy);
  if (problems.length > 0)
    return { kind: 'failed', failure: { class: 'COLLECTION', reason: someOf(problems) }, record };
  const promised = parseStepOutputs(claimed.outputs);
  const listed = readOutputs({
    files: record.files,
    skipped: record.skipped,
    texts: await contractTexts(directory, record),
    outputs: promised,
    isFinalStep: claimed.isFinalStep,
    tables: claimed.tables,
  });
  const outputs = await withHeaders(listed, directory, promisedFits(promised));
  if (outputs.broken.length > 0)
    return failed({ class: 'CONTRACT', reason: someOf(outputs.broken) }, record, directory);
  return { kind: 'completed', record, outputs };
}

const NO_RECORD: Failure = { class: 'INFRASTRUCTURE', reason: 'the job ended without leaving its record' };

/** The record, or the failure that an unusable one is. */
function ownRecord(text: string, claimed: ClaimedCollection): ResultRecord | Failure {
  try {
    const record = parseResultRecord(text);
    if (record.token === claimed.token) return record;
    return { class: 'COLLECTION', reason: `the record is of ${record.token}, not of ${claimed.token}` };
  } catch (error) {
    if (error instanceof DomainError) return { class: 'COLLECTION', reason: error.message };
    throw error;
  }
}

async function failed(
  failure: Failure,
  record: ResultRecord | null,
  directory: AttemptDirectory,
): Promise<Verdict> {
  const words = await directory.stderrTail();
  return { kind: 'failed', failure: withWordsOfProgram(failure, words, record?.exitCode ?? null), record };
}

/** The tool's own words. A contract file is read only when the job recorded it, so a link in its place never is. */
export async function contractTexts(
  directory: AttemptDirectory,
  record: ResultRecord,
): Promise<ContractTexts> {
  const recorded = new Set(record.files.map((file) => file.path));
  const textOf = async (name: string): Promise<string | null> => {
    if (!recorded.has(name)) return null;
    const reading = await directory.readOutput(name, MAX_CONTRACT_FILE_BYTES);
    if (reading.kind === 'unreachable') throw new Unreachable(reading.reason);
    return reading.kind === 'read' ? reading.text : null;
  };
  return {
    products: await textOf('products.json'),
    metrics: await textOf('metrics.json'),
    warnings: await textOf('warnings.json'),
  };
}

function someOf(problems: readonly string[]): string {
  const named = problems.slice(0, 5).join('; ');
  return problems.length > 5 ? `${named}; and ${problems.length - 5} more` : named;
}
