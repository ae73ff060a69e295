import {
  becomeEvaluator,
  countGaps,
  databaseTime,
  evaluatePipeline,
  findGapWork,
  listGaps,
  loadEvaluableSteps,
} from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import { Telescope } from './gaps-archive.js';
import type { Archive } from './gaps-databases.js';
import { Ticker } from './gaps-steps.js';
import type { Figures } from './report.js';

const NEW_FILES = 1000;
/** What grows with the archive: read from end to end, a tick would cost what the archive holds. */
const LARGE = new Set(['data_item', 'sub_group', 'run', 'input_set', 'input_set_member', 'raw_data_file']);

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

interface Read {
  readonly statement: string;
  readonly relation: string;
}

/** Every statement of a tick with 1,000 new files is asked for its plan before it runs: none may read a large table as a whole. */
export async function plans({ items, dataSource, step }: Archive): Promise<Figures> {
  const telescope = await Telescope.at(dataSource.manager);
  await new Ticker(dataSource, 1).tick();
  await telescope.observe(NEW_FILES);
  const tick = await wholeReads(dataSource.manager, (manager) => tickOf(manager, step.pipelineId));
  const control = await wholeReads(dataSource.manager, (manager) => countGaps(manager, null));
  const pages = await wholeReads(dataSource.manager, (manager) =>
    listGaps(manager, { pipeline: null, step: null, state: null, dims: {}, after: null, limit: 100 }),
  );
  await new Ticker(dataSource, 1).tick();
  return {
    [`plans at ${items}, a tick`]: figure(
      tick,
      `of ${tick.statements} statements for ${NEW_FILES} new files`,
    ),
    [`plans at ${items}, a page of gaps`]: figure(pages, 'of the statement behind GET /gaps'),
    [`plans at ${items}, control`]: {
      ...figure(control, 'of the statement that counts gaps, which looks at every sub-group'),
      goal: '> 0: the look at plans must tell',
      holds: control.reads.length > 0,
    },
  };
}

/** As `EvaluateGapsPass` does it for one pipeline. */
async function tickOf(manager: EntityManager, pipelineId: number): Promise<void> {
  if (!(await becomeEvaluator(manager, pipelineId))) throw new Error('somebody else evaluates the pipeline');
  const now = await databaseTime(manager);
  const steps = await loadEvaluableSteps(manager, pipelineId);
  const work = await findGapWork(manager, { now, pipelineId });
  await evaluatePipeline(manager, {
    steps,
    work: new Map(work.map((one) => [one.stepId, one])),
    now,
    firing: { actor: 'bench', limit: 1 },
  });
}

interface Reads {
  readonly statements: number;
  readonly reads: readonly Read[];
}

async function wholeReads(
  manager: EntityManager,
  act: (manager: EntityManager) => Promise<unknown>,
): Promise<Reads> {
  const reads: Read[] = [];
  let statements = 0;
  await manager.transaction(async (inside) => {
    const ask = inside.query.bind(inside);
    const query = async (text: string, values?: unknown[]): Promise<unknown> => {
      const [plan] = await ask<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(
        `EXPLAIN (FORMAT JSON) ${text}`,
        values,
      );
      statements += 1;
      for (const relation of wholeReadsOf(plan['QUERY PLAN'][0].Plan))
        reads.push({ statement: text.replace(/\s+/g, ' ').trim().slice(0, 90), relation });
      return ask(text, values);
    };
    await act({ query } as unknown as EntityManager);
  });
  return { statements, reads };
}

function wholeReadsOf(node: PlanNode): string[] {
  const relation = node['Relation Name'];
  const own =
    node['Node Type'] === 'Seq Scan' && relation !== undefined && LARGE.has(relation) ? [relation] : [];
  return [...own, ...(node.Plans ?? []).flatMap(wholeReadsOf)];
}

const figure = ({ reads }: Reads, of: string) => ({
  value: reads.length,
  unit: 'large tables read from end to end',
  yardstick: null,
  ratio: null,
  goal: '0',
  holds: reads.length === 0,
  note: [of, ...new Set(reads.map(({ relation, statement }) => `${relation}: ${statement} …`))].join('; '),
});
