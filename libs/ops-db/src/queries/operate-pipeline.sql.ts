import { rawSql, sql, type SqlFragment } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

/** What operators do to a pipeline; a resumed or enabled one goes on where it stopped. */
export type PipelineOperation =
  | { readonly kind: 'enable' | 'disable' | 'resume' }
  | { readonly kind: 'pause'; readonly by: string; readonly reason: string | null };

/** Does it to one pipeline and raises its revision; the evaluation that it needs is asked for by a trigger. */
export async function operatePipeline(
  manager: EntityManager,
  pipelineId: number,
  operation: PipelineOperation,
): Promise<void> {
  await queryRows(
    manager,
    sql`UPDATE pipeline SET ${assignments(operation)}, revision = revision + 1, updated_at = now() WHERE id = ${pipelineId}`,
  );
}

function assignments(operation: PipelineOperation): SqlFragment {
  switch (operation.kind) {
    case 'enable':
    case 'disable':
      return sql`enabled = ${rawSql(operation.kind === 'enable' ? 'true' : 'false')}`;
    case 'pause':
      return sql`paused_at = now(), paused_by = ${operation.by}, pause_reason = ${operation.reason}`;
    case 'resume':
      return sql`paused_at = NULL, paused_by = NULL, pause_reason = NULL`;
  }
}
