import { figureInWords, type Benchmark, type BenchmarkContext, type Figure, type Figures } from './report.js';
import { resultsBytes } from './results-bytes.js';
import { resultsChecksums } from './results-checksums.js';
import { lineage } from './results-lineage.js';
import { readResultsOptions, type ResultPart, type ResultsOptions } from './results-options.js';
import { resultsRegistration } from './results-registration.js';

/** Measures one part, with servers of its own that are gone afterwards. */
export type ResultsMeasurement = (context: BenchmarkContext, options: ResultsOptions) => Promise<Figures>;

/** In the order in which they are measured. */
const MEASUREMENTS: Readonly<Record<ResultPart, ResultsMeasurement>> = {
  P10: resultsRegistration,
  P11: lineage,
  P13: resultsChecksums,
  P15: resultsBytes,
};

/** P10, P11, P13 and P15: what keeping results costs; see results-options.ts. */
export const results: Benchmark = async (context) => {
  const options = readResultsOptions(context.options);
  const figures: Record<string, Figure> = {};
  for (const part of options.parts) {
    const measured = await MEASUREMENTS[part](context, options);
    Object.assign(figures, measured);
    // Told at once: what was measured is not lost when the next part is interrupted.
    for (const [name, figure] of Object.entries(measured)) context.log(figureInWords(name, figure));
  }
  return figures;
};
