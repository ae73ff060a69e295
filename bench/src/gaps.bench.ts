import { FILES_PER_MODULE } from './gaps-archive.js';
import { changes, flatness, type Changes } from './gaps-changes.js';
import { GapsServer, type Archive } from './gaps-databases.js';
import { firing } from './gaps-firing.js';
import { fullEvaluation, linearity, type FullEvaluation } from './gaps-full.js';
import { heldTransaction } from './gaps-held.js';
import { readGapsOptions, type GapsOptions } from './gaps-options.js';
import { plans } from './gaps-plans.js';
import { staleSet } from './gaps-stale.js';
import { figureInWords, type Benchmark, type BenchmarkContext, type Figure, type Figures } from './report.js';

const FIRING_ROUNDS = 3;

/**
 * P1–P4 and R6: what finding gaps costs, at several sizes of the archive, with the pass that the trigger-manager runs.
 *
 * --only P1,P2,P3,P4,R6,plans, --sizes 100000,1000000,10000000, --rounds N, --runs N (of P4), --minutes N (of R6; 10 for the record).
 */
export const gaps: Benchmark = async ({ log, environment, options: words }) => {
  const options = readGapsOptions(words);
  const server = await GapsServer.start(log);
  try {
    const figures: Record<string, Figure> = {};
    const full: FullEvaluation[] = [];
    const changed: Changes[] = [];
    for (const items of options.sizes) {
      const archive = await server.archive(items);
      try {
        Object.assign(figures, await measure(archive, { ...options, environment, log }, { full, changed }));
      } finally {
        await archive.close();
      }
    }
    return { ...figures, ...linearity(full), ...flatness(changed) };
  } finally {
    await server.stop();
  }
};

/** P4 at the smallest archive that has so many modules of observations; the largest says no more, and takes long. */
const isEnough = (items: number, { runs, sizes }: GapsOptions): boolean =>
  items === (sizes.find((size) => size >= runs * FILES_PER_MODULE) ?? sizes.at(-1));

interface Measured {
  readonly full: FullEvaluation[];
  readonly changed: Changes[];
}

async function measure(
  archive: Archive,
  options: GapsOptions & Pick<BenchmarkContext, 'environment' | 'log'>,
  { full, changed }: Measured,
): Promise<Figures> {
  const { parts, rounds, environment, log } = options;
  const figures: Record<string, Figure> = {};
  // Told at once: what has been measured for an hour is not lost when the next part is interrupted.
  const keep = (more: Figures): void => {
    Object.assign(figures, more);
    for (const [name, figure] of Object.entries(more)) log(figureInWords(name, figure));
  };
  if (parts.includes('P1')) {
    const one = await fullEvaluation(archive, rounds);
    full.push(one.measured);
    keep(one.figures);
  }
  // Before P2, whose late files make stale what was reduced.
  if (parts.includes('P3')) keep(await staleSet(archive, rounds));
  if (parts.includes('P2')) {
    const one = await changes(archive, rounds);
    changed.push(one.measured);
    keep(one.figures);
  }
  if (parts.includes('plans')) keep(await plans(archive));
  if (parts.includes('P4') && isEnough(archive.items, options))
    keep(await firing(archive, { rounds: FIRING_ROUNDS, environment }));
  if (parts.includes('R6') && archive.items === options.sizes[0])
    keep(await heldTransaction(archive, options.minutes));
  return figures;
}
