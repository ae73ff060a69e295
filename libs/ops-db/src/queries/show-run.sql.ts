import { sql, type Json, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';
import { isoTime } from './iso-time.js';
import { RUN_SUMMARY, RUN_SUMMARY_TABLES, type RunSummaryRow } from './list-runs.sql.js';

/** A run with everything it has; the lists are JSON documents with snake_case members and ISO 8601 times. */
export interface RunRow extends RunSummaryRow {
  readonly subGroupKey: string;
  readonly recipeHash: string;
  readonly inputFingerprint: string;
  readonly recipe: JsonObject;
  readonly config: JsonObject;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly walltimeMinutes: number;
  readonly notBefore: Date;
  readonly cancelRequestedBy: string | null;
  readonly cancelReason: string | null;
  readonly inputCount: number;
  readonly inputBytes: number;
  readonly inputs: readonly Json[];
  readonly attempts: readonly Json[];
  readonly events: readonly Json[];
  readonly products: readonly Json[];
  readonly metrics: readonly Json[];
  readonly warnings: readonly Json[];
}

/** One run in one snapshot; of its inputs and products the first `listLimit` by id. */
export const showRun = (
  manager: EntityManager,
  runId: number,
  listLimit: number,
): Promise<RunRow | undefined> =>
  queryRow(
    manager,
    sql`
    SELECT ${RUN_SUMMARY}, g.key AS "subGroupKey", r.recipe_hash AS "recipeHash", r.input_fingerprint AS "inputFingerprint",
      recipe.document AS recipe, r.config, r.cpus, r.memory_mb AS "memoryMb", r.walltime_minutes AS "walltimeMinutes",
      r.not_before AS "notBefore", r.cancel_requested_by AS "cancelRequestedBy", r.cancel_reason AS "cancelReason",
      input_set.member_count AS "inputCount", input_set.size_bytes AS "inputBytes",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('id', i.item_id, 'name', item.name, 'kind', item.kind, 'size_bytes', item.size_bytes,
          'content_hash', i.content_hash, 'current_content_hash', item.content_hash, 'dims', item.dims, 'binding', nullif(i.binding, ''),
          'association', CASE WHEN bound.name IS NOT NULL THEN jsonb_build_object('role', bound.role, 'method', bound.method,
            'offset_seconds', bound.offset_seconds, 'weight', bound.weight) END) ORDER BY i.item_id, i.binding), '[]')
       FROM (SELECT * FROM input_set_member WHERE input_set_id = r.input_set_id ORDER BY item_id, binding LIMIT ${listLimit}) AS i
       JOIN data_item item ON item.id = i.item_id
       LEFT JOIN run_association bound ON bound.run_id = r.id AND bound.name = i.binding AND bound.item_id = i.item_id) AS inputs,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('number', a.number, 'token', a.token, 'job_id', a.job_id, 'directory', a.directory,
          'cpus', a.cpus, 'memory_mb', a.memory_mb, 'walltime_minutes', a.walltime_minutes, 'intended_at', ${isoTime('a.intended_at')},
          'submitted_at', ${isoTime('a.submitted_at')}, 'started_at', ${isoTime('a.started_at')}, 'ended_at', ${isoTime('a.ended_at')},
          'host', a.host, 'exit_code', a.exit_code, 'cpu_seconds', a.cpu_seconds, 'peak_memory_mb', a.peak_memory_mb,
          'elapsed_seconds', a.elapsed_seconds, 'failure_class', a.failure_class, 'reason', a.reason) ORDER BY a.number), '[]')
       FROM attempt a WHERE a.run_id = r.id) AS attempts,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('at', ${isoTime('e.at')}, 'actor', e.actor, 'from', e."from",
          'to', e.to_status, 'attempt', e.attempt, 'reason', e.reason) ORDER BY e.id), '[]')
       FROM (SELECT *, lag(to_status) OVER (ORDER BY id) AS "from" FROM run_event WHERE run_id = r.id) AS e) AS events,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.item_id, 'name', item.name, 'type', p.type, 'path', p.path,
          'size_bytes', item.size_bytes, 'sha256', item.content_hash, 'superseded', p.superseded_at IS NOT NULL) ORDER BY p.item_id), '[]')
       FROM (SELECT * FROM data_product WHERE run_id = r.id ORDER BY item_id LIMIT ${listLimit}) AS p
       JOIN data_item item ON item.id = p.item_id) AS products,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('name', m.name, 'value', m.value, 'unit', m.unit) ORDER BY m.name), '[]')
       FROM run_metric m WHERE m.run_id = r.id) AS metrics,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('attempt', w.attempt, 'code', w.code, 'message', w.message) ORDER BY w.id), '[]')
       FROM run_warning w WHERE w.run_id = r.id) AS warnings
    FROM ${RUN_SUMMARY_TABLES}
    JOIN sub_group g ON g.id = r.sub_group_id
    JOIN input_set ON input_set.id = r.input_set_id
    JOIN recipe ON recipe.hash = r.recipe_hash
    WHERE r.id = ${runId}
  `,
  );
