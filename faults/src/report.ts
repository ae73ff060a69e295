import type { Violation } from './books.js';
import { FAULT_KINDS, type FaultKind, type Ledger } from './ledger.js';

export interface FaultRunOptions {
  readonly count: number;
  readonly seed: number;
  /** Only this world, as it was in a run with the same seed. */
  readonly world: number | null;
  readonly onProgress: (progress: Progress) => void;
  readonly onWorld: (world: WorldReport) => void;
}

export interface Progress {
  readonly world: number;
  readonly worlds: number;
  readonly faults: number;
}

export interface WorldReport {
  readonly number: number;
  readonly ledger: Ledger;
  readonly violations: readonly Violation[];
  /** How much there was in the books, by what it is: books with nothing in them balance. */
  readonly seen?: Readonly<Record<string, number>>;
}

export interface FaultRun {
  readonly worlds: readonly WorldReport[];
}

/** What `--json` prints as its last line: these keys are relied upon. */
export interface FaultSummary {
  readonly site: string;
  /** That really happened. */
  readonly faults: number;
  /** That were decided on: what was to happen in a step that failed by itself never did. */
  readonly injected: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly doubled: number;
  readonly stuck: number;
  readonly seed: number;
  readonly seen: Readonly<Record<string, number>>;
}

export function summarize(site: string, seed: number, { worlds }: FaultRun): FaultSummary {
  const byKind: Record<string, number> = {};
  for (const { ledger } of worlds)
    for (const [kind, count] of ledger.counts) byKind[kind] = (byKind[kind] ?? 0) + count;
  const seen: Record<string, number> = {};
  for (const world of worlds)
    for (const [what, count] of Object.entries(world.seen ?? {})) seen[what] = (seen[what] ?? 0) + count;
  const found = worlds.flatMap(({ violations }) => violations);
  const count = (kind: Violation['kind']): number =>
    found.filter((violation) => violation.kind === kind).length;
  const faults = Object.values(byKind).reduce((sum, kinds) => sum + kinds, 0);
  return {
    site,
    faults,
    injected: worlds.reduce((sum, { ledger }) => sum + ledger.injected, 0),
    byKind,
    lost: count('lost'),
    doubled: count('doubled'),
    stuck: count('stuck'),
    seed,
    seen,
  };
}

/** A table of what was done and the verdict, for people. */
export function describe(summary: FaultSummary): string[] {
  const kinds = (Object.keys(FAULT_KINDS) as FaultKind[]).map(
    (kind) => `${String(summary.byKind[kind] ?? 0).padStart(7)}  ${FAULT_KINDS[kind]}`,
  );
  const { faults, injected, lost, doubled, stuck, site, seed } = summary;
  const seen = Object.entries(summary.seen).map(([what, count]) => `${count} ${what}`);
  return [
    ...kinds,
    ...(seen.length === 0 ? [] : [`in the books: ${seen.join(', ')}`]),
    `${faults} faults (of ${injected} injected) on ${site}, seed ${seed}: ${lost} lost, ${doubled} doubled, ${stuck} stuck`,
  ];
}

/** What was found wrong in one world, and how to see it again. */
export function describeViolations(
  site: string,
  seed: number,
  { number, violations }: WorldReport,
): string[] {
  if (violations.length === 0) return [];
  return [
    ...violations.map(({ kind, text }) => `  ${kind.toUpperCase()} in world ${number}: ${text}`),
    `  again: npm run faults -- --site ${site} --seed ${seed} --world ${number}`,
  ];
}
