import type { SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';

/** A node of what `EXPLAIN (ANALYZE, FORMAT JSON)` says, as far as it is looked at. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

export interface ExplainedStatement {
  /** Its beginning, on one line. */
  readonly text: string;
  /** All of its plan, parents before children. */
  readonly nodes: readonly PlanNode[];
}

const SHOWN_CHARACTERS = 100;

/**
 * Whatever `act` asks of its manager, in one transaction, explained just before it is answered: in a savepoint that is taken back, for
 * what a statement reads is known only once it has run, and what it changes may be changed once.
 */
export function explainStatements(
  db: EntityManager,
  act: (manager: EntityManager) => Promise<unknown>,
): Promise<ExplainedStatement[]> {
  return db.transaction(async (inside) => {
    const ask = inside.query.bind(inside);
    const explained: ExplainedStatement[] = [];
    const query = async (text: string, values?: unknown[]): Promise<unknown> => {
      await ask('SAVEPOINT explained');
      const [row] = await ask<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        values,
      );
      await ask('ROLLBACK TO SAVEPOINT explained');
      explained.push({
        text: text.replace(/\s+/g, ' ').trim().slice(0, SHOWN_CHARACTERS),
        nodes: withChildren(row['QUERY PLAN'][0].Plan),
      });
      return ask(text, values);
    };
    await act({ query } as unknown as EntityManager);
    return explained;
  });
}

/** Scans that read more than `mostRows` rows of one of these tables, each in words: how much of what, for which statement. */
export function longReads(
  statements: readonly ExplainedStatement[],
  { tables, mostRows }: { readonly tables: ReadonlySet<string>; readonly mostRows: number },
): string[] {
  return statements.flatMap(({ text, nodes }) =>
    nodes.flatMap((node) => {
      const table = node['Relation Name'] ?? '';
      const isScan = node['Node Type'].endsWith('Scan') && tables.has(table);
      const rows = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
      return isScan && rows > mostRows ? [`${table} (${rows} rows): ${text} …`] : [];
    }),
  );
}

const withChildren = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(withChildren)];

/** Milliseconds of each trigger that a statement fires, by name. The statement is run. */
export async function triggerTimes(
  db: EntityManager,
  { text, values }: SqlFragment,
): Promise<Map<string, number>> {
  interface Explained {
    readonly Triggers: readonly { readonly 'Trigger Name': string; readonly Time: number }[];
  }
  const [row] = await db.query<[{ 'QUERY PLAN': [Explained] }]>(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [
    ...values,
  ]);
  return new Map(row['QUERY PLAN'][0].Triggers.map((one) => [one['Trigger Name'], one.Time]));
}
