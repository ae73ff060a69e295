import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { isFinished, sql, SUCCESSFUL_STATUSES, type JobToken, type RunStatus } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import type { FaultKind } from './ledger.js';
import { tallyKey, type Executions } from './tally.js';

/** Lost: done or asked for, and not there. Doubled: there or done twice. Stuck: not ended, and nobody will. */
export interface Violation {
  readonly kind: 'lost' | 'doubled' | 'stuck';
  readonly text: string;
}

export interface RunEntry {
  readonly runId: number;
  readonly status: RunStatus;
  readonly attempt: number;
  readonly failureClass: string | null;
  readonly reason: string;
  readonly isCancelRequested: boolean;
  readonly leaseOwner: string | null;
}

export interface AttemptEntry {
  readonly runId: number;
  readonly number: number;
  readonly token: JobToken;
  readonly jobId: string | null;
  readonly failureClass: string | null;
  readonly reason: string | null;
}

export interface ProductEntry {
  readonly runId: number;
  readonly attempt: number;
  readonly path: string;
  /** Absolute. */
  readonly file: string;
  /** Its bytes were deleted on purpose. */
  readonly isPurged: boolean;
}

/** What the ops-db says when everything is quiet. */
export interface Books {
  readonly runs: readonly RunEntry[];
  readonly attempts: readonly AttemptEntry[];
  readonly products: readonly ProductEntry[];
}

/** What is known of the same from outside Meridian. */
export interface Witnesses {
  /** By `<run>.<attempt>`, counted by the jobs themselves. */
  readonly executions: ReadonlyMap<string, Executions>;
  /** What was injected into an attempt and may explain that it failed. */
  readonly excuses: ReadonlyMap<JobToken, readonly FaultKind[]>;
  /** How many jobs Meridian's requests brought about, by attempt; null where nobody counted. */
  readonly submissions: ReadonlyMap<JobToken, number> | null;
  readonly maybeSubmittedTwice: ReadonlySet<JobToken>;
  readonly expectedPaths: readonly string[];
  /** Runs of which an input got other bytes before they ended: they may fail for that. */
  readonly outdated: ReadonlySet<number>;
}

export async function readBooks(manager: EntityManager): Promise<Books> {
  const runs = await queryRows<RunEntry>(
    manager,
    sql`SELECT id AS "runId", status, attempt, failure_class AS "failureClass", lease_owner AS "leaseOwner",
               coalesce(failure_reason, waiting_reason, '') AS reason, cancel_requested_at IS NOT NULL AS "isCancelRequested"
        FROM run ORDER BY id`,
  );
  const attempts = await queryRows<AttemptEntry>(
    manager,
    sql`SELECT run_id AS "runId", number, token, job_id AS "jobId", failure_class AS "failureClass", reason
        FROM attempt ORDER BY run_id, number`,
  );
  const rows = await queryRows<ProductEntry & { basePath: string; copy: string }>(
    manager,
    sql`SELECT product.run_id AS "runId", product.attempt, product.path, location.base_path AS "basePath", copy.path AS copy,
          copy.status = 'DELETED' AS "isPurged"
        FROM data_product product
        JOIN run ON run.id = product.run_id
        LEFT JOIN physical_copy copy ON copy.item_id = product.item_id AND copy.data_location_id = run.location_id
        LEFT JOIN data_location location ON location.id = copy.data_location_id
        ORDER BY product.run_id, product.path`,
  );
  const products = rows.map((row) => ({ ...row, file: join(row.basePath, row.copy) }));
  return { runs, attempts, products };
}

/** Every way in which the books contradict what happened; nothing when they do not. */
export async function checkBooks(books: Books, witnesses: Witnesses): Promise<Violation[]> {
  const products = await Promise.all(
    books.runs.map((run) => checkProducts(run, books.products, witnesses.expectedPaths)),
  );
  return [
    ...books.runs.flatMap((run) => checkEnd(run, books.attempts, witnesses)),
    ...books.attempts.flatMap((attempt) => checkAttempt(attempt, books.runs, witnesses)),
    ...products.flat(),
  ];
}

const isSuccessful = ({ status }: RunEntry): boolean =>
  (SUCCESSFUL_STATUSES as readonly RunStatus[]).includes(status);

function checkEnd(run: RunEntry, attempts: readonly AttemptEntry[], witnesses: Witnesses): Violation[] {
  const { runId, status, attempt, reason } = run;
  const name = `run ${runId}`;
  if (!isFinished(status))
    return [{ kind: 'stuck', text: `${name} is ${status} at attempt ${attempt}: ${reason}` }];
  if (run.leaseOwner !== null)
    return [{ kind: 'stuck', text: `${name} is ${status} and still leased to ${run.leaseOwner}` }];
  if (status === 'CANCELLED' && !run.isCancelRequested)
    return [{ kind: 'lost', text: `${name} is CANCELLED, and nobody asked for it` }];
  if (status !== 'FAILED') return [];
  const last = attempts.find((entry) => entry.runId === runId && entry.number === attempt);
  if (last !== undefined && (witnesses.excuses.get(last.token) ?? []).length > 0) return [];
  if (witnesses.outdated.has(runId)) return [];
  return [
    { kind: 'lost', text: `${name} FAILED for nothing that was done to it: ${run.failureClass} ${reason}` },
  ];
}

function checkAttempt(entry: AttemptEntry, runs: readonly RunEntry[], witnesses: Witnesses): Violation[] {
  const { token, runId, number } = entry;
  const run = runs.find((other) => other.runId === runId);
  const { began, finished } = witnesses.executions.get(tallyKey(token)) ?? { began: 0, finished: 0 };
  const isResult = run !== undefined && isSuccessful(run) && run.attempt === number;
  const violations: Violation[] = [];
  if (began > 1) violations.push({ kind: 'doubled', text: `${token} was executed ${began} times` });
  if (isResult && (began !== 1 || finished !== 1))
    violations.push({
      kind: 'lost',
      text: `${token} succeeded, with ${began} executions begun and ${finished} done`,
    });
  const jobs = witnesses.submissions?.get(token) ?? 0;
  if (jobs > 1 && !witnesses.maybeSubmittedTwice.has(token))
    violations.push({ kind: 'doubled', text: `${token} was submitted ${jobs} times` });
  const isExcused = (witnesses.excuses.get(token) ?? []).length > 0;
  if (run !== undefined && number < run.attempt && !isExcused)
    violations.push({
      kind: 'doubled',
      text: `${token} was tried again for nothing that was done to it: ${entry.failureClass} ${entry.reason}`,
    });
  return violations;
}

/** A run that succeeded has its products once each, all of its last attempt and all on disk; any other run has none. */
async function checkProducts(
  run: RunEntry,
  all: readonly ProductEntry[],
  expectedPaths: readonly string[],
): Promise<Violation[]> {
  const products = all.filter((product) => product.runId === run.runId);
  const expected = isSuccessful(run) ? expectedPaths : [];
  const violations: Violation[] = [];
  for (const path of expected) {
    if (!products.some((product) => product.path === path))
      violations.push({ kind: 'lost', text: `run ${run.runId} is ${run.status} without ${path}` });
  }
  for (const product of products) {
    const what = `${product.path} of run ${run.runId} (${run.status})`;
    const same = products.filter(({ path }) => path === product.path);
    if (!expected.includes(product.path) || product.attempt !== run.attempt || same.length > 1)
      violations.push({
        kind: 'doubled',
        text: `${what}, attempt ${product.attempt}, is registered ${same.length} times`,
      });
    const isThere = await access(product.file).then(
      () => true,
      () => false,
    );
    if (!isThere && !product.isPurged)
      violations.push({ kind: 'lost', text: `${what} is registered and not on disk` });
  }
  return violations;
}
