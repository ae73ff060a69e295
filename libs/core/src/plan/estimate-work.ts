export interface Quantiles {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

/** What successful runs of a step took. */
export interface WorkHistory {
  /** How many runs it is of. */
  readonly samples: number;
  /** Of one run. */
  readonly elapsedSeconds: Quantiles;
  readonly coreSeconds: Quantiles;
}

/** The runs that a plan gives one step. */
export interface PlannedWork {
  readonly step: string;
  readonly runs: number;
  readonly history: WorkHistory | null;
  /** Steps of the same plan that it waits for; they come before it. */
  readonly upstream: readonly string[];
  /** Most of its runs that may be active at once; null is any number. */
  readonly maxActiveRuns: number | null;
  readonly pool: { readonly name: string; readonly slots: number } | null;
}

/** Of one step, or of all. Null where a step that has runs has no history: nobody knows, so nothing is said. */
export interface WorkEstimate {
  readonly coreHours: Quantiles | null;
  /** From the beginning of the plan to the end of the last of the runs. */
  readonly finishSeconds: Quantiles | null;
}

export interface PlanEstimate extends WorkEstimate {
  readonly bySteps: ReadonlyMap<string, WorkEstimate>;
  /** Steps that have runs and no history. */
  readonly unknown: readonly string[];
}

const NOTHING: Quantiles = { p10: 0, p50: 0, p90: 0 };

/**
 * How much a plan costs and when it is done, as if nothing else ran and queues were empty.
 *
 * Every run is taken to be as quick (p10), as usual (p50) or as slow (p90) as the step's runs have been: the spread of a sum of
 * many is narrower than that. A step's runs go in waves as wide as the limits of the step, the location and the pool allow,
 * after those of the steps that it waits for; and no location or pool does more at once than it has room for.
 */
export function estimateWork(work: readonly PlannedWork[], locationSlots: number | null): PlanEstimate {
  const bySteps = new Map<string, WorkEstimate>();
  for (const one of work) bySteps.set(one.step, estimateStep(one, locationSlots, bySteps));
  const unknown = work.filter(({ runs, history }) => runs > 0 && history === null).map(({ step }) => step);
  const estimates = [...bySteps.values()];
  const coreHours = combine(
    estimates.map((one) => one.coreHours),
    sum,
  );
  const chain = combine(
    estimates.map((one) => one.finishSeconds),
    longest,
  );
  return {
    bySteps,
    unknown,
    coreHours,
    finishSeconds: combine([chain, ...crowds(work, locationSlots)], longest),
  };
}

function estimateStep(
  { runs, history, upstream, maxActiveRuns, pool }: PlannedWork,
  locationSlots: number | null,
  known: ReadonlyMap<string, WorkEstimate>,
): WorkEstimate {
  const start = combine(
    upstream.map((name) => known.get(name)?.finishSeconds ?? null),
    longest,
  );
  if (runs === 0) return { coreHours: NOTHING, finishSeconds: start };
  if (history === null) return { coreHours: null, finishSeconds: null };
  const width = Math.min(
    runs,
    ...[maxActiveRuns, locationSlots, pool?.slots ?? null].filter((limit) => limit !== null),
  );
  const waves = Math.ceil(runs / width);
  return {
    coreHours: each(history.coreSeconds, (seconds) => (seconds * runs) / 3600),
    finishSeconds: combine([start, each(history.elapsedSeconds, (seconds) => seconds * waves)], sum),
  };
}

/** What shared slots take for all that wants them, however it is ordered. */
function crowds(work: readonly PlannedWork[], locationSlots: number | null): (Quantiles | null)[] {
  const shared = new Map<string, { slots: number; users: PlannedWork[] }>();
  const join = (name: string, slots: number, user: PlannedWork): void => {
    const known = shared.get(name) ?? { slots, users: [] };
    known.users.push(user);
    shared.set(name, known);
  };
  for (const one of work) {
    if (locationSlots !== null) join('location', locationSlots, one);
    if (one.pool !== null) join(`pool ${one.pool.name}`, one.pool.slots, one);
  }
  return [...shared.values()].map(({ slots, users }) =>
    combine(
      users.map(({ runs, history }) => {
        if (runs === 0) return NOTHING;
        return history === null ? null : each(history.elapsedSeconds, (seconds) => (seconds * runs) / slots);
      }),
      sum,
    ),
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const longest = (values: readonly number[]): number => Math.max(0, ...values);

const each = (quantiles: Quantiles, of: (value: number) => number): Quantiles => ({
  p10: of(quantiles.p10),
  p50: of(quantiles.p50),
  p90: of(quantiles.p90),
});

/** Quantile by quantile; null as soon as one is not known. */
function combine(
  parts: readonly (Quantiles | null)[],
  how: (values: readonly number[]) => number,
): Quantiles | null {
  const known = parts.filter((part) => part !== null);
  if (known.length < parts.length) return null;
  return {
    p10: how(known.map(({ p10 }) => p10)),
    p50: how(known.map(({ p50 }) => p50)),
    p90: how(known.map(({ p90 }) => p90)),
  };
}
