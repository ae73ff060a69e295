import { parseJobToken, type ProvenAbsence } from '@meridian/core';
import type { HpcBackend, SiteFiles } from '@meridian/hpc';
import type { ObservableRun } from '@meridian/ops-db';
import { AttemptDirectory } from '../collecting/attempt-directory.js';

/** A run whose site has not known its job for a while. */
export interface ForgottenRun {
  readonly run: ObservableRun;
  readonly unknownSince: Date;
}

export interface AbsenceQuestion {
  readonly backend: HpcBackend;
  readonly files: SiteFiles;
  readonly installation: string;
  readonly basePath: string;
  readonly runs: readonly ForgottenRun[];
  readonly now: () => Date;
}

/** A job that began and has touched nothing for so long, four heartbeats as they are set by default, does not run. */
const QUIET_SECONDS = 120;

/**
 * The runs that provably have no job any more: the site says what is alive, and nothing of the run is; and the disk, which can be
 * read, has neither a record nor a recent heartbeat of it. Empty when the site does not answer.
 *
 * The disk is looked at after the site was: a job that ended while it was asked has left its record by then.
 */
export async function proveAbsence(question: AbsenceQuestion): Promise<Map<number, ProvenAbsence>> {
  const { backend, installation, runs, now } = question;
  let alive: ReadonlySet<number | undefined>;
  try {
    alive = new Set((await backend.listAlive(installation)).map((job) => parseJobToken(job.token)?.runId));
  } catch {
    // What the site's silence means, the run's waiting reason says already.
    return new Map();
  }
  const answeredAt = now();
  const absences = new Map<number, ProvenAbsence>();
  for (const { run, unknownSince } of runs) {
    if (!alive.has(run.runId) && (await hasLeftNothing(question, run.directory, answeredAt)))
      absences.set(run.runId, { answeredAt, unknownSince });
  }
  return absences;
}

async function hasLeftNothing(
  { files, basePath }: AbsenceQuestion,
  directory: string,
  now: Date,
): Promise<boolean> {
  const attempt = new AttemptDirectory(files, basePath, directory);
  const record = await attempt.readRecord().catch(() => null);
  if (record?.kind !== 'absent') return false;
  const proof = await attempt.proof(now);
  if (proof === null || proof.hasRecord) return false;
  return proof.quietSeconds === null || proof.quietSeconds >= QUIET_SECONDS;
}
