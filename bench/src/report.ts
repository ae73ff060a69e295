/** One measured quantity beside its goal, and beside its yardstick where it has one (measured in the same run). */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly yardstick: { readonly name: string; readonly value: number } | null;
  /** value ÷ yardstick. */
  readonly ratio: number | null;
  readonly goal: string;
  readonly holds: boolean;
  readonly note?: string;
}

export interface BenchmarkContext {
  readonly log: (line: string) => void;
  /** For the processes that a benchmark starts. */
  readonly environment: NodeJS.ProcessEnv;
  /** What was said behind the benchmark's name. */
  readonly options: readonly string[];
}
export type Figures = Readonly<Record<string, Figure>>;
export type Benchmark = (context: BenchmarkContext) => Promise<Figures>;

export interface Report {
  readonly name: string;
  readonly machine: string;
  readonly figures: Figures;
}

/** A table for people, or the whole report as one JSON object on the last line. */
export function printReport(report: Report, isJson: boolean): void {
  if (isJson) {
    console.log(JSON.stringify(report));
    return;
  }
  console.log(`\n${report.name} on ${report.machine}`);
  for (const [name, figure] of Object.entries(report.figures)) console.log(figureInWords(name, figure));
}

/** One figure with its yardstick, its goal and its note. */
export function figureInWords(name: string, figure: Figure): string {
  const beside =
    figure.yardstick === null
      ? ''
      : `; ${figure.yardstick.name}: ${round(figure.yardstick.value)} ${figure.unit}; ratio ${round(figure.ratio ?? 0)}`;
  const line = `  ${figure.holds ? 'holds     ' : 'FALLS SHORT'} ${name}: ${round(figure.value)} ${figure.unit}${beside} (goal: ${figure.goal})`;
  return figure.note === undefined ? line : `${line}\n              ${figure.note}`;
}

/** The middle value; the lower middle one of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** The smallest value that so large a part of them does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

const round = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
