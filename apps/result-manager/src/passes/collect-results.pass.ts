import {
  decideRetry,
  DEFAULT_RETRY_POLICY,
  parseRetryPolicy,
  RETRY_RULES,
  type Failure,
  type ResultRecord,
  type RetryPolicy,
} from '@meridian/core';
import { mapConcurrently, whileRenewing, type Logger, type Pass } from '@meridian/daemon';
import {
  claimCollections,
  extendCollections,
  failRuns,
  forgetStagedRows,
  isDatabaseError,
  isDataFault,
  loadDeclaredTables,
  recordAttemptFacts,
  registerResults,
  type AttemptFacts,
  type ClaimedCollection,
  type DeclaredTables,
  type RunFailure,
  type RunResult,
} from '@meridian/ops-db';
import type { SiteFiles } from '@meridian/hpc';
import type { DataSource } from 'typeorm';
import { AttemptDirectory } from '../collecting/attempt-directory.js';
import {
  judgeAttempt,
  verdictOfSilence,
  type JudgingRules,
  type Verdict,
} from '../collecting/judge-attempt.js';
import { takeTables, type TakenTables } from '../collecting/take-tables.js';

export interface CollectResultsOptions {
  readonly dataSource: DataSource;
  /** Names this process in run events and leases. */
  readonly actor: string;
  /** Null when there is no way to a location's files. */
  readonly filesOf: (location: ClaimedCollection['location']) => SiteFiles | null;
  readonly logger: Logger;
  readonly rules: JudgingRules;
  readonly leaseSeconds: number;
  readonly batchSize: number;
}

interface Judged {
  readonly claimed: ClaimedCollection;
  readonly verdict: Verdict;
  /** Where its software fills tables and it completes. */
  readonly taken: TakenTables | null;
}

/** How many attempt directories are read at once. */
const ATTEMPTS_AT_ONCE = 16;

/**
 * Collects what ended jobs left: products, metrics and warnings are registered and the run completes, or it fails with its class.
 *
 * Claims under a lease, reads outside any transaction, registers everything of a batch in one. A run that a dead collector had
 * claimed is claimed again when its lease expires, and both doing it twice and doing half of it change nothing.
 */
export class CollectResultsPass implements Pass {
  readonly name = 'collect-results';
  /** Others may have left rows before this process began, this one whenever it collects. */
  private mayHaveLeftRows = true;

  constructor(private readonly options: CollectResultsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, actor, leaseSeconds, batchSize } = this.options;
    let changed = 0;
    while (!signal.aborted) {
      const claimed = await claimCollections(dataSource.manager, {
        owner: actor,
        leaseSeconds,
        limit: batchSize,
      });
      if (claimed.length > 0) {
        this.mayHaveLeftRows = true;
        changed += await this.collect(claimed, signal);
      }
      if (claimed.length < batchSize) break;
    }
    if (this.mayHaveLeftRows) await forgetStagedRows(dataSource.manager);
    this.mayHaveLeftRows = false;
    return changed;
  }

  private async collect(claimed: readonly ClaimedCollection[], signal: AbortSignal): Promise<number> {
    const judged = await this.whileLeased(claimed, async () => {
      const verdicts = await mapConcurrently(claimed, ATTEMPTS_AT_ONCE, async (run): Promise<Judged> => {
        const verdict = signal.aborted ? waiting('stopping') : await this.judge(run);
        return { claimed: run, verdict, taken: null };
      });
      return this.takeTables(verdicts, signal);
    });
    await this.putOff(judged, signal.aborted ? 0 : this.options.rules.recordGraceSeconds);
    return (await this.register(judged)) + (await this.fail(judged.flatMap(failedOnly)));
  }

  private async judge(run: ClaimedCollection): Promise<Verdict> {
    const files = this.options.filesOf(run.location);
    return files === null
      ? waiting(`there is no way to the files of location ${run.location.name}`)
      : judgeAttempt(run, files, this.options.rules);
  }

  /** Rows of tables are read one run after another: there may be millions. */
  private async takeTables(judged: readonly Judged[], signal: AbortSignal): Promise<Judged[]> {
    const { manager } = this.options.dataSource;
    const filling = judged.filter(
      ({ claimed, verdict }) =>
        claimed.tables.length > 0 && !claimed.isRemake && verdict.kind === 'completed',
    );
    const declared = await loadDeclaredTables(
      manager,
      filling.map(({ claimed }) => claimed.runId),
    );
    const tablesOf = new Map(declared.map((one) => [one.runId, one]));
    const taken: Judged[] = [];
    for (const one of judged) {
      const tables = filling.includes(one) ? tablesOf.get(one.claimed.runId) : undefined;
      taken.push(tables === undefined ? one : await this.takeTablesOf(one, tables, signal));
    }
    return taken;
  }

  private async takeTablesOf(judged: Judged, tables: DeclaredTables, signal: AbortSignal): Promise<Judged> {
    const { claimed, verdict } = judged;
    const { dataSource, actor, filesOf, rules } = this.options;
    const by = { manager: dataSource.manager, leaseOwner: actor };
    const files = filesOf(claimed.location);
    if (signal.aborted || files === null || verdict.kind !== 'completed')
      return { ...judged, verdict: waiting('stopping') };
    const directory = new AttemptDirectory(files, claimed.basePath, claimed.directory);
    const recorded = new Set(verdict.record.files.map(({ path }) => path));
    try {
      return { ...judged, taken: await takeTables(by, directory, tables, recorded) };
    } catch (error) {
      // What the database says of it is for whoever calls; only the disk's silence is a verdict.
      if (isDatabaseError(error)) throw error;
      return { ...judged, verdict: verdictOfSilence(error, claimed, rules) };
    }
  }

  /** Renews the leases while `work` reads: hashing large files may take longer than a lease lasts. */
  private whileLeased<Result>(
    claimed: readonly ClaimedCollection[],
    work: () => Promise<Result>,
  ): Promise<Result> {
    const { dataSource, actor, leaseSeconds, logger } = this.options;
    const request = { owner: actor, runIds: claimed.map((run) => run.runId), seconds: leaseSeconds };
    const renew = () => extendCollections(dataSource.manager, request);
    return whileRenewing({ everyMs: (leaseSeconds * 1000) / 3, renew, logger }, work);
  }

  /** A run that nothing can be said about keeps its lease for as long as it should wait. */
  private async putOff(judged: readonly Judged[], seconds: number): Promise<void> {
    const waiting = judged
      .filter(({ verdict }) => verdict.kind === 'wait')
      .map(({ claimed }) => claimed.runId);
    await extendCollections(this.options.dataSource.manager, {
      owner: this.options.actor,
      runIds: waiting,
      seconds,
    });
  }

  /**
   * One transaction for all. When the database refuses the values of one run, each is registered on its own, and that one
   * fails: a poisoned run must not keep the others from completing.
   */
  private async register(judged: readonly Judged[]): Promise<number> {
    const results = judged.flatMap(completedOnly);
    const request = { actor: this.options.actor, leaseOwner: this.options.actor };
    try {
      return await registerResults(this.options.dataSource.manager, { ...request, results });
    } catch (error) {
      if (!isDataFault(error)) throw error;
    }
    let changed = 0;
    for (const { claimed, verdict, taken } of judged) {
      if (verdict.kind === 'completed')
        changed += await this.registerAlone(claimed, resultOf(claimed, verdict, taken));
    }
    return changed;
  }

  private async registerAlone(claimed: ClaimedCollection, result: RunResult): Promise<number> {
    const { dataSource, actor, logger } = this.options;
    try {
      return await registerResults(dataSource.manager, { actor, leaseOwner: actor, results: [result] });
    } catch (error) {
      if (!isDataFault(error)) throw error;
      logger.error({ runId: claimed.runId, err: error }, 'the database refuses the results of a run');
      const failure: Failure = {
        class: 'COLLECTION',
        reason: `the database refuses the results: ${String(error)}`,
      };
      return this.fail([{ claimed, failure, record: null }]);
    }
  }

  private async fail(failed: readonly FailedRun[]): Promise<number> {
    const { dataSource, actor } = this.options;
    await recordAttemptFacts(
      dataSource.manager,
      failed.flatMap(({ claimed, record }) => (record === null ? [] : [factsOf(claimed, record)])),
    );
    return failRuns(dataSource.manager, { actor, leaseOwner: actor, failures: failed.map(failureOf) });
  }
}

const waiting = (reason: string): Verdict => ({ kind: 'wait', reason });

interface FailedRun {
  readonly claimed: ClaimedCollection;
  readonly failure: Failure;
  readonly record: ResultRecord | null;
}

const failedOnly = ({ claimed, verdict }: Judged): FailedRun[] =>
  verdict.kind === 'failed' ? [{ claimed, failure: verdict.failure, record: verdict.record }] : [];

const completedOnly = ({ claimed, verdict, taken }: Judged): RunResult[] =>
  verdict.kind === 'completed' ? [resultOf(claimed, verdict, taken)] : [];

const resultOf = (
  claimed: ClaimedCollection,
  { record, outputs }: Verdict & { kind: 'completed' },
  taken: TakenTables | null,
): RunResult => ({
  runId: claimed.runId,
  attempt: claimed.attempt,
  products: outputs.products,
  metrics: outputs.metrics,
  warnings: [...outputs.warnings, ...(taken?.warnings ?? [])],
  outcomes: taken?.outcomes ?? null,
  stagedRows: taken?.stagedRows ?? 0,
  facts: factsOf(claimed, record),
});

const factsOf = (claimed: ClaimedCollection, record: ResultRecord): AttemptFacts => ({
  runId: claimed.runId,
  attempt: claimed.attempt,
  host: record.host,
  exitCode: record.exitCode,
  startedAt: record.startedAt,
  endedAt: record.endedAt,
  cpuSeconds: record.cpuSeconds,
  peakMemoryMb: record.peakMemoryMb,
});

/** The failure with its retry; when a class that is normally retried is not, the reason says why not. */
function failureOf({ claimed, failure }: FailedRun): RunFailure {
  const { runId, attempt, cpus, memoryMb, walltimeMinutes, maxMemoryMb, maxWalltimeMinutes } = claimed;
  const decision = decideRetry({
    failureClass: failure.class,
    failureCount: claimed.failureCount + 1,
    policy: policyOf(claimed),
    resources: { cpus, memoryMb, walltimeMinutes },
    caps: { maxMemoryMb, maxWalltimeMinutes },
  });
  const isSurprise = !decision.retry && RETRY_RULES[failure.class].retry;
  return {
    runId,
    attempt,
    fromStatus: 'COLLECTING_RESULTS',
    failureClass: failure.class,
    reason: isSurprise ? `not retried, ${decision.reason}: ${failure.reason}` : failure.reason,
    retry: decision.retry ? { delaySeconds: decision.delaySeconds, resources: decision.resources } : null,
  };
}

/** Policies are checked when they are defined; one that cannot be read any more must not keep a run from finishing. */
function policyOf(claimed: ClaimedCollection): RetryPolicy {
  try {
    return parseRetryPolicy(claimed.retry);
  } catch {
    return DEFAULT_RETRY_POLICY;
  }
}
