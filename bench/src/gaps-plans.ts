import { becomeEvaluator, databaseTime, evaluatePipeline, listGaps } from '@meridian/ops-db';
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

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Every statement of a tick with 1,000 new files is explained as it is run: none may read much of a large table. */
export async function plans({ items, dataSource, step }: Archive): Promise<Figures> {
  const { manager } = dataSource;
  const telescope = await Telescope.at(manager);
  const ticker = new Ticker(dataSource, 1);
  await ticker.tick();
  await telescope.observe(NEW_FILES);
  const tick = await longReads(manager, (inside) => tickOf(inside, step.pipelineId));
  await ticker.tick();
  const idle = await longReads(manager, (inside) => tickOf(inside, step.pipelineId));
  const page = { pipeline: null, step: null, state: null, dims: {}, after: null, limit: 100 };
  const pages = await longReads(manager, (inside) => listGaps(inside, page));
  const [first] = await everyStep(manager);
  if (first === undefined) throw new Error('a survey has steps');
  const now = await databaseTime(manager);
  const control = await longReads(manager, (inside) => plainGap(inside, first, now));
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

/** Explained in a savepoint that is taken back: what a statement reads is known only once it has run. */
async function longReads(
  manager: EntityManager,
  act: (manager: EntityManager) => Promise<unknown>,
): Promise<Reads> {
  const reads: string[] = [];
  let statements = 0;
  await manager.transaction(async (inside) => {
    const ask = inside.query.bind(inside);
    const query = async (text: string, values?: unknown[]): Promise<unknown> => {
      await ask('SAVEPOINT explained');
      const [row] = await ask<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        values,
      );
      await ask('ROLLBACK TO SAVEPOINT explained');
      statements += 1;
      const start = text.replace(/\s+/g, ' ').trim().slice(0, 90);
      for (const read of longReadsOf(row['QUERY PLAN'][0].Plan)) reads.push(`${read}: ${start} …`);
      return ask(text, values);
    };
    await act({ query } as unknown as EntityManager);
  });
  return { statements, reads };
}

function longReadsOf(node: PlanNode): string[] {
  const relation = node['Relation Name'] ?? '';
  const isScan = node['Node Type'].endsWith('Scan') && LARGE.has(relation);
  const rows = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
  const own = isScan && rows > MOST_ROWS ? [`${relation} (${rows} rows)`] : [];
  return [...own, ...(node.Plans ?? []).flatMap(longReadsOf)];
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
