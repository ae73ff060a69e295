import { becomeEvaluator, databaseTime, evaluatePipeline, listGaps } from '@meridian/ops-db';
import { explainStatements, longReads } from '@meridian/ops-db/testing';
import type { EntityManager } from 'typeorm';
import { Telescope } from './gaps-archive.js';
import type { Archive } from './gaps-databases.js';
import { everyStep, plainGap, Ticker } from './gaps-steps.js';
import type { Figures } from './report.js';

const NEW_FILES = 1000;
/** More rows of a large table than so many are none that a tick has any need of. */
const MOST_ROWS = 10 * NEW_FILES;
/** What grows with the archive: were much of it read, a tick would cost what the archive holds. */
const LARGE = new Set(['data_item', 'sub_group', 'run', 'input_set', 'input_set_member', 'raw_data_file']);

/** Every statement of a tick with 1,000 new files is explained as it is run: none may read much of a large table. */
export async function plans({ items, dataSource, step }: Archive): Promise<Figures> {
  const { manager } = dataSource;
  const telescope = await Telescope.at(manager);
  const ticker = new Ticker(dataSource, 1);
  await ticker.tick();
  await telescope.observe(NEW_FILES);
  const tick = await readsOf(manager, (inside) => tickOf(inside, step.pipelineId));
  await ticker.tick();
  const idle = await readsOf(manager, (inside) => tickOf(inside, step.pipelineId));
  const page = { pipeline: null, step: null, state: null, dims: {}, after: null, limit: 100 };
  const pages = await readsOf(manager, (inside) => listGaps(inside, page));
  const [first] = await everyStep(manager);
  if (first === undefined) throw new Error('a survey has steps');
  const now = await databaseTime(manager);
  const control = await readsOf(manager, (inside) => plainGap(inside, first, now));
  return {
    [`plans at ${items}, a tick`]: figure(tick, `for ${NEW_FILES} new files`),
    [`plans at ${items}, nothing new`]: figure(idle, 'every step of a pipeline looked at'),
    [`plans at ${items}, a page of gaps`]: figure(pages, 'behind GET /gaps'),
    [`plans at ${items}, control`]: {
      ...figure(control, 'the yardstick of P1, which looks at everything'),
      goal: '> 0: the look at plans must tell',
      holds: control.reads.length > 0,
    },
  };
}

/** As `EvaluateGapsPass` does it for one pipeline. */
async function tickOf(manager: EntityManager, pipelineId: number): Promise<void> {
  if (!(await becomeEvaluator(manager, pipelineId))) throw new Error('somebody else evaluates the pipeline');
  const now = await databaseTime(manager);
  await evaluatePipeline(manager, { pipelineId, now, firing: { actor: 'bench', limit: 1 } });
}

interface Reads {
  readonly statements: number;
  readonly reads: readonly string[];
}

async function readsOf(
  manager: EntityManager,
  act: (manager: EntityManager) => Promise<unknown>,
): Promise<Reads> {
  const statements = await explainStatements(manager, act);
  return {
    statements: statements.length,
    reads: longReads(statements, { tables: LARGE, mostRows: MOST_ROWS }),
  };
}

const figure = ({ statements, reads }: Reads, of: string) => ({
  value: reads.length,
  unit: `reads of more than ${MOST_ROWS} rows of a large table`,
  yardstick: null,
  ratio: null,
  goal: '0',
  holds: reads.length === 0,
  note: [`${statements} statements, ${of}`, ...new Set(reads)].join('; '),
});
