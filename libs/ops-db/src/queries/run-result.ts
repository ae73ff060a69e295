import type { CollectedProduct, Metric, OutputWarning, SettledOutcome } from '@meridian/core';

/** How an attempt went, by its own record; null where nobody measured. */
export interface AttemptFacts {
  readonly runId: number;
  readonly attempt: number;
  readonly host: string | null;
  readonly exitCode: number;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly cpuSeconds: number | null;
  readonly peakMemoryMb: number | null;
}

/** One verified run: what it made, measured and warned of. */
export interface RunResult {
  readonly runId: number;
  readonly attempt: number;
  readonly products: readonly CollectedProduct[];
  readonly metrics: readonly Metric[];
  readonly warnings: readonly OutputWarning[];
  readonly facts: AttemptFacts;
  /** Of each of its items, where its software fills tables; their rows are staged. */
  readonly outcomes: readonly SettledOutcome[] | null;
  /** How many rows that are; none without. */
  readonly stagedRows?: number;
}
