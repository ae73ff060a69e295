import type { FailureClass } from './failure-class.js';

/**
 * Whether failures of a class say something about the place or the software, so that going on would only make more of them.
 *
 * Not STAGING and BAD_DATA: they name one input, reach no site, and holding others back would hide which inputs are bad. Not
 * MEMORY and WALLTIME: they end by trying again with more, which an open breaker would prevent. Not CANCELLED_EXTERNALLY:
 * somebody did that on purpose.
 */
const BREAKS = {
  INFRASTRUCTURE: true,
  COLLECTION: true,
  TRANSIENT: true,
  SOFTWARE: true,
  CONTRACT: true,
  STAGING: false,
  BAD_DATA: false,
  MEMORY: false,
  WALLTIME: false,
  CANCELLED_EXTERNALLY: false,
} as const satisfies Record<FailureClass, boolean>;

/** When a breaker opens, and how long it stays so. */
export interface BreakerRule {
  /** It opens when so many of the last `of` outcomes are failures of one class; never when this is more than `of`. */
  readonly failures: number;
  readonly of: number;
  /** Older outcomes do not count. */
  readonly windowSeconds: number;
  /** Wait before the first probe; doubled by every probe that fails alike. */
  readonly coolDownSeconds: number;
  readonly maxCoolDownSeconds: number;
}

/** How one attempt of a step at a location ended. */
export interface AttemptOutcome {
  /** Null: it completed. */
  readonly failureClass: FailureClass | null;
  readonly reason: string;
  readonly ageSeconds: number;
}

/** What opens a breaker: `failures` of the last `outcomes`. */
export interface BreakerTrip {
  readonly failureClass: FailureClass;
  readonly failures: number;
  readonly outcomes: number;
  readonly lastFailure: string;
  readonly coolDownSeconds: number;
}

/** The breakers that these outcomes open, newest outcome first: one for each class that fails too often. */
export function decideTrips(outcomes: readonly AttemptOutcome[], rule: BreakerRule): BreakerTrip[] {
  const recent = outcomes.slice(0, rule.of).filter(({ ageSeconds }) => ageSeconds <= rule.windowSeconds);
  const byClass = new Map<FailureClass, AttemptOutcome[]>();
  for (const outcome of recent) {
    const { failureClass } = outcome;
    if (failureClass !== null && BREAKS[failureClass])
      byClass.set(failureClass, [...(byClass.get(failureClass) ?? []), outcome]);
  }
  return [...byClass].flatMap(([failureClass, failures]) => {
    if (failures.length < rule.failures) return [];
    const lastFailure = failures[0]?.reason ?? '';
    const coolDownSeconds = coolDown(1, rule);
    return [
      { failureClass, failures: failures.length, outcomes: recent.length, lastFailure, coolDownSeconds },
    ];
  });
}

/** How the one run stands that was let through an open breaker. */
export interface Probe {
  /** Of its first attempt since then; null when that has not ended. */
  readonly outcome: Pick<AttemptOutcome, 'failureClass' | 'reason'> | null;
  /** Claimed and neither finished nor given back. */
  readonly isUnderWay: boolean;
}

export type ProbeDecision =
  | { readonly kind: 'wait' }
  | { readonly kind: 'close' }
  | {
      readonly kind: 'reopen';
      readonly openings: number;
      readonly coolDownSeconds: number;
      readonly lastFailure: string;
    }
  /** It says nothing about the breaker's class: the next run is the probe. */
  | { readonly kind: 'probe_again' };

/** What the probe means for its breaker. `openings`: how often it opened, or opened again, since it was last closed. */
export function decideProbe(
  breaker: { readonly failureClass: FailureClass; readonly openings: number },
  { outcome, isUnderWay }: Probe,
  rule: BreakerRule,
): ProbeDecision {
  if (outcome === null) return { kind: isUnderWay ? 'wait' : 'probe_again' };
  if (outcome.failureClass === null) return { kind: 'close' };
  if (outcome.failureClass !== breaker.failureClass) return { kind: 'probe_again' };
  const openings = breaker.openings + 1;
  return {
    kind: 'reopen',
    openings,
    coolDownSeconds: coolDown(openings, rule),
    lastFailure: outcome.reason,
  };
}

/** Doubles with every opening; the exponent is capped, because a breaker may stay open for months. */
const coolDown = (openings: number, { coolDownSeconds, maxCoolDownSeconds }: BreakerRule): number =>
  Math.min(coolDownSeconds * 2 ** Math.min(openings - 1, 30), maxCoolDownSeconds);
