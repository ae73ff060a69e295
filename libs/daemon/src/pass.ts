/** One kind of work of a daemon: claim, act outside any transaction, record. A test calls `run` once. */
export interface Pass {
  readonly name: string;
  /** How much it changed. Stops early, between two pieces of work, when `signal` aborts. */
  run(signal: AbortSignal): Promise<number>;
  /** How long the poll may leave it alone; a call, or its own wish, runs it at once. Without it, it runs at every poll. */
  readonly patienceMs?: number;
  /** In how many milliseconds it has something to do, as far as its last run could tell; null leaves it to the poll. */
  nextInMs?(): number | null;
}

/** What is known of a pass since its daemon started; kept in the daemon's heartbeat. */
export interface PassReport {
  readonly lastRunAt: string;
  readonly durationMs: number;
  readonly changed: number;
  readonly consecutiveFailures: number;
  readonly lastError?: string;
}
