import { rawSql, sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';

export interface PlanCopies {
  /** Null: of none, for a pipeline that is still to be made. */
  readonly pipelineId: number | null;
  /** A step that is proposed binds further inputs: what other pipelines offer is looked at then, as with stored steps that do. */
  readonly hasAssociations: boolean;
}

/** Tables that definitions are written to, whole: what is unchanged must be found there. */
const DEFINITION_TABLES = [
  'reduction_software',
  'reduction_software_version',
  'data_location',
  'run_pool',
  'data_grouping',
  'pipeline',
  'reduction_step',
  'reduction_step_config',
  'reduction_step_dependency',
  'recipe',
] as const;
/** Those of them whose rows have no number of their own. */
const NUMBERLESS: ReadonlySet<string> = new Set(['reduction_step_dependency', 'recipe']);

interface Copy {
  readonly table: string;
  /** Condition on the rows to copy, over the alias `original`. */
  readonly where: string;
}

/** What an evaluation writes, and of it the rows that one of this pipeline looks at. */
function evaluationTables({ pipelineId, hasAssociations }: PlanCopies): Copy[] {
  const ofPipeline = `original.step_id IN (SELECT id FROM public.reduction_step WHERE pipeline_id = ${pipelineId ?? 0})`;
  const binds = `EXISTS (SELECT FROM public.reduction_step WHERE pipeline_id = ${pipelineId ?? 0} AND associations <> '[]')`;
  const ofSubGroups = 'original.sub_group_id IN (SELECT id FROM sub_group)';
  return [
    { table: 'step_evaluation', where: ofPipeline },
    { table: 'sub_group', where: hasAssociations ? 'true' : `${binds} OR ${ofPipeline}` },
    { table: 'sub_group_member', where: ofSubGroups },
    { table: 'sub_group_association', where: ofSubGroups },
    // What every step of the pipeline has seen is nothing new to it.
    {
      table: 'data_item_change',
      where: `original.tx >= (SELECT min(pg_snapshot_xmin(snapshot)) FROM step_evaluation)`,
    },
  ];
}

const copyOf = ({ table, where }: Copy): string => `
  CREATE TEMPORARY TABLE ${table} (LIKE public.${table} INCLUDING ALL) ON COMMIT DROP;
  INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM public.${table} original WHERE ${where};
  ANALYZE ${table};`;

/** The copy numbers its new rows itself, after all that there are: the real sequence stays where it is. */
const NUMBERED: readonly string[] = [
  ...DEFINITION_TABLES.filter((table) => !NUMBERLESS.has(table)),
  'sub_group',
  'data_item_change',
];
const numbering = (table: string): string =>
  `SELECT setval(pg_get_serial_sequence('pg_temp.${table}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM public.${table}), false);`;

/**
 * Puts copies of what definitions and evaluations write in front of the real tables, for this transaction: temporary tables of
 * the same names, which unqualified names find first. What is only read stays the real thing; `public.` still reaches the originals.
 *
 * Copies have no triggers, so nobody is told, and no foreign keys. They are as of one snapshot only in a REPEATABLE READ transaction. What was
 * planned for the real tables is thrown away rather than left to the server to notice.
 */
export async function copyTablesForPlan(manager: EntityManager, copies: PlanCopies): Promise<void> {
  const tables = [
    ...DEFINITION_TABLES.map((table) => ({ table, where: 'true' })),
    ...evaluationTables(copies),
  ];
  await queryRows(
    manager,
    sql`${rawSql([...tables.map(copyOf), ...NUMBERED.map(numbering)].join('\n'))}
  CREATE TEMPORARY TABLE plan_follower (sub_group_id bigint PRIMARY KEY) ON COMMIT DROP;
  DISCARD PLANS;`,
  );
}
