import { sql, type SqlFragment, type Subject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';

/** Runs with products that were made directly with a subject: a SELECT of `run_id`, each once. */
export function runsMadeWith(subject: Subject): SqlFragment {
  switch (subject.kind) {
    case 'item':
      return sql`
        SELECT DISTINCT run.id AS run_id FROM input_set_member member JOIN run ON run.input_set_id = member.input_set_id
        WHERE member.item_id = ${subject.itemId} AND EXISTS (SELECT FROM data_product product WHERE product.run_id = run.id)`;
    case 'run':
      return sql`SELECT id AS run_id FROM run WHERE id = ${subject.runId}`;
    case 'software':
      return sql`
        SELECT run.id AS run_id FROM reduction_software software JOIN reduction_software_version version ON version.software_id = software.id
        JOIN run ON run.software_version_id = version.id
        WHERE software.name = ${subject.name} AND version.version = ${subject.version}
          AND EXISTS (SELECT FROM data_product product WHERE product.run_id = run.id)`;
    case 'host':
      return sql`
        SELECT DISTINCT attempt.run_id FROM attempt JOIN data_product product ON product.run_id = attempt.run_id AND product.attempt = attempt.number
        WHERE attempt.host = ${subject.host}`;
  }
}

/** Up to `limit` of them. */
export const listRunsMadeWith = async (
  manager: EntityManager,
  subject: Subject,
  limit: number,
): Promise<number[]> =>
  (
    await queryRows<{ runId: number }>(
      manager,
      sql`SELECT run_id AS "runId" FROM (${runsMadeWith(subject)}) AS made LIMIT ${limit}`,
    )
  ).map(({ runId }) => runId);

/** Whether there is such a thing: a host is known when an attempt ran on it. */
export async function isKnownSubject(manager: EntityManager, subject: Subject): Promise<boolean> {
  return (await queryRow(manager, sql`SELECT FROM (${existence(subject)}) AS found LIMIT 1`)) !== undefined;
}

function existence(subject: Subject): SqlFragment {
  switch (subject.kind) {
    case 'item':
      return sql`SELECT FROM data_item WHERE id = ${subject.itemId}`;
    case 'run':
      return sql`SELECT FROM run WHERE id = ${subject.runId}`;
    case 'software':
      return sql`
        SELECT FROM reduction_software software JOIN reduction_software_version version ON version.software_id = software.id
        WHERE software.name = ${subject.name} AND version.version = ${subject.version}`;
    case 'host':
      return sql`SELECT FROM attempt WHERE host = ${subject.host}`;
  }
}
