import { decideProbe, decideTrips, type BreakerRule, type BreakerTrip } from '@meridian/core';
import type { Logger, Pass } from '@meridian/daemon';
import {
  findBreaker,
  hasBreakersToJudge,
  loadBreakerOutcomes,
  loadBreakerProbes,
  lockBreakers,
  openBreakers,
  pruneBreakerOutcomes,
  recordAudit,
  settleBreakerProbes,
  takeBreakerOutcomes,
  type BreakerScope,
  type ProbedBreaker,
  type ProbeSettlement,
  type ScopeOutcome,
  type ScopeTrip,
} from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';

export interface TripBreakersOptions {
  readonly dataSource: DataSource;
  /** This process; the audit log names it. */
  readonly owner: string;
  readonly rule: BreakerRule;
  /** Failures that are considered in one transaction. */
  readonly batchSize: number;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** A breaker that went from one state to another. */
interface Transition {
  readonly breakerId: number;
  readonly kind: 'open' | 'reopen' | 'close';
}

interface Judgement {
  readonly transitions: readonly Transition[];
  /** There may be more failures than one batch. */
  readonly isMore: boolean;
}

const PRUNE_EVERY_MS = 60_000;

/**
 * Opens the circuit breaker of a step at a location that fails too often in one way, and closes it when its probe succeeds.
 *
 * It stands before the claims: what is known to fail is not claimed again in the same tick. Everything of a batch is one transaction, so a
 * manager that dies leaves its failures to be considered by the next one. On a good day it costs two looks at empty indexes.
 */
export class TripBreakersPass implements Pass {
  readonly name = 'trip-breakers';
  private prunedAt = -Infinity;

  constructor(private readonly options: TripBreakersOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource } = this.options;
    let changed = 0;
    let isMore = await hasBreakersToJudge(dataSource.manager);
    while (isMore && !signal.aborted) {
      const judgement = await dataSource.transaction((transaction) => this.judge(transaction));
      changed += judgement.transitions.length;
      isMore = judgement.isMore;
      for (const transition of judgement.transitions) await this.report(transition);
    }
    await this.prune();
    return changed;
  }

  /** Probes first: when one closes a breaker, the failures before it do not open it again. */
  private async judge(transaction: EntityManager): Promise<Judgement> {
    const { batchSize, owner, rule } = this.options;
    await lockBreakers(transaction);
    const settlements = (await loadBreakerProbes(transaction)).flatMap((probed) => settle(probed, rule));
    await settleBreakerProbes(transaction, { actor: owner, settlements });
    const { taken, scopes } = await takeBreakerOutcomes(transaction, { limit: batchSize });
    const outcomes = await loadBreakerOutcomes(transaction, { scopes, perScope: rule.of });
    const opened = await openBreakers(transaction, tripsOf(scopes, outcomes, rule));
    const transitions = [
      ...settlements.flatMap(transitionOf),
      ...opened.map((breakerId) => ({ breakerId, kind: 'open' as const })),
    ];
    for (const transition of transitions) await this.audit(transaction, transition);
    return { transitions, isMore: taken === batchSize };
  }

  private async audit(transaction: EntityManager, { breakerId, kind }: Transition): Promise<void> {
    const after = await findBreaker(transaction, breakerId);
    await recordAudit(transaction, {
      actor: this.options.owner,
      action: `breaker.${kind}`,
      target: `breaker:${breakerId}`,
      after,
      requestId: this.name,
    });
  }

  private async report({ breakerId, kind }: Transition): Promise<void> {
    const breaker = await findBreaker(this.options.dataSource.manager, breakerId);
    if (breaker === undefined) return;
    const { pipeline, step, location, failureClass, lastFailure } = breaker;
    const what = `circuit breaker ${breakerId} (${failureClass} in ${pipeline}/${step} at ${location})`;
    if (kind === 'close')
      this.options.logger.info({ breakerId }, `${what} is closed: its probe run succeeded`);
    else
      this.options.logger.warn(
        { breakerId, retryAt: breaker.retryAt },
        `${what} is open${kind === 'reopen' ? ' again' : ''}: ${lastFailure}`,
      );
  }

  private async prune(): Promise<void> {
    const { dataSource, rule, now } = this.options;
    if (now().getTime() - this.prunedAt < PRUNE_EVERY_MS) return;
    const limit = 1_000;
    const pruned = await pruneBreakerOutcomes(dataSource.manager, {
      olderThanSeconds: rule.windowSeconds,
      limit,
    });
    if (pruned < limit) this.prunedAt = now().getTime();
  }
}

const settle = (probed: ProbedBreaker, rule: BreakerRule): ProbeSettlement[] => {
  const decision = decideProbe(probed, probed, rule);
  return decision.kind === 'wait' ? [] : [{ breakerId: probed.id, decision }];
};

const transitionOf = ({ breakerId, decision: { kind } }: ProbeSettlement): Transition[] =>
  kind === 'probe_again' ? [] : [{ breakerId, kind }];

function tripsOf(
  scopes: readonly BreakerScope[],
  outcomes: readonly ScopeOutcome[],
  rule: BreakerRule,
): ScopeTrip[] {
  return scopes.flatMap(({ locationId, stepId }) => {
    const own = outcomes.filter((one) => one.locationId === locationId && one.stepId === stepId);
    return decideTrips(own, rule).map((trip: BreakerTrip) => ({ locationId, stepId, ...trip }));
  });
}
