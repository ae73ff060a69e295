import {
  sql,
  type Dims,
  type ItemRow,
  type Json,
  type JsonObject,
  type PastRun,
  type SubGroupFacts,
} from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';

/** An item as filters see it, and what decides whether a step may take it. */
export interface StoredItem {
  readonly row: ItemRow;
  readonly isRetired: boolean;
  readonly isPacked: boolean;
  /** In microseconds since 1970, as the formation of groups counts. */
  readonly time: number | null;
  readonly timeEnd: number | null;
  readonly changedAt: number;
  readonly registeredAt: number;
}

export interface StoredStep {
  readonly id: number;
  readonly name: string;
  readonly filter: Json;
  readonly groupBy: Json;
  readonly inputs: JsonObject;
  readonly upstreamStepIds: readonly number[];
  readonly upstreamPolicy: 'all_current' | 'available';
  readonly minMembers: number;
  readonly settleSeconds: number;
  readonly cooldownSeconds: number;
  readonly expect: JsonObject | null;
  readonly maxWaitSeconds: number | null;
  /** When somebody said that nothing more would come, and for which dims. */
  readonly closings: readonly { readonly selection: Dims; readonly closedAt: number }[];
  readonly softwareHash: string;
  readonly configHash: string;
  readonly trigger: 'CONTINUOUS' | 'MANUAL';
  readonly pause: SubGroupFacts['pause'];
}

/** What is stored of a sub-group. `dims`, the marks that people set, `lastMemberAt` and `lastFiredAt` are what a judgement begins with; the rest is judged. */
export interface StoredSubGroup {
  readonly id: number;
  readonly stepId: number;
  readonly dims: Dims;
  readonly commonDims: Dims;
  readonly memberCount: number;
  readonly memberBytes: number;
  readonly inputFingerprint: string;
  readonly firstMemberAt: Date | null;
  readonly lastMemberAt: Date | null;
  /** Of what the members are about. */
  readonly timeFrom: Date | null;
  readonly timeTo: Date | null;
  readonly report: JsonObject;
  readonly state: string;
  readonly causes: readonly string[];
  readonly detail: JsonObject;
  readonly until: Date | null;
  readonly lastRunId: number | null;
  readonly lastCompletedRunId: number | null;
  readonly lastFiredAt: Date | null;
  /** Of a kind whose membership is stored: what is listed. */
  readonly memberIds: readonly number[];
  readonly isForced: boolean;
  readonly waiver: SubGroupFacts['waiver'];
}

export interface StoredRun extends PastRun {
  readonly stepId: number;
  readonly subGroupId: number;
  readonly causes: readonly string[];
  readonly dims: Dims;
  readonly inputs: readonly { readonly itemId: number; readonly contentHash: string }[];
}

export interface StoredProduct {
  readonly itemId: number;
  readonly runId: number;
  readonly type: string;
  readonly path: string;
}

/** Everything that a judgement looks at, from the plain tables. */
export interface Tables {
  readonly items: readonly StoredItem[];
  readonly products: readonly StoredProduct[];
  /** Upstream before downstream. */
  readonly steps: readonly StoredStep[];
  readonly subGroups: readonly StoredSubGroup[];
  readonly runs: readonly StoredRun[];
}

export async function readTables(db: EntityManager): Promise<Tables> {
  const [items, products, steps, subGroups, runs] = await Promise.all([
    queryRows<StoredItem>(db, ITEMS),
    queryRows<StoredProduct>(
      db,
      sql`SELECT item_id AS "itemId", run_id AS "runId", type, path FROM data_product`,
    ),
    queryRows<StoredStep>(db, STEPS),
    readSubGroups(db),
    queryRows<StoredRun>(db, RUNS),
  ]);
  return { items, products, steps, subGroups, runs };
}

export const readSubGroups = (db: EntityManager): Promise<StoredSubGroup[]> =>
  queryRows<StoredSubGroup>(
    db,
    sql`
    SELECT id, step_id AS "stepId", dims, common_dims AS "commonDims", member_count AS "memberCount", member_bytes AS "memberBytes",
      input_fingerprint AS "inputFingerprint", first_member_at AS "firstMemberAt", last_member_at AS "lastMemberAt", time_from AS "timeFrom", time_to AS "timeTo", report, state, causes, detail, until, last_run_id AS "lastRunId",
      last_completed_run_id AS "lastCompletedRunId", last_fired_at AS "lastFiredAt", forced_at IS NOT NULL AS "isForced",
      CASE WHEN waived_by IS NOT NULL THEN jsonb_build_object('by', waived_by, 'reason', waived_reason) END AS waiver,
      (SELECT coalesce(jsonb_agg(held.item_id ORDER BY held.item_id), '[]') FROM sub_group_member held WHERE held.sub_group_id = sub_group.id) AS "memberIds"
    FROM sub_group ORDER BY id`,
  );

/** The joins are written anew here, apart from `item-source.sql.ts`, which they are to check. */
const ITEMS = sql`
  SELECT to_jsonb(item) || jsonb_build_object('tables', jsonb_strip_nulls(jsonb_build_object(
      'RawDataFile', CASE WHEN file.item_id IS NOT NULL THEN jsonb_build_object('name', item.name, 'external_id', file.external_id,
        'size_bytes', item.size_bytes, 'metadata', item.metadata, 'package_external_id', holder.external_id, 'package_state', holder.state) END,
      'RawDataPackage', CASE WHEN own.item_id IS NOT NULL THEN jsonb_build_object('name', item.name, 'external_id', own.external_id,
        'state', own.state, 'size_bytes', item.size_bytes, 'metadata', item.metadata) END,
      'ExecutedObsUnit', to_jsonb(executed), 'ObsUnit', to_jsonb(unit), 'Source', to_jsonb(source), 'InstrumentModule', to_jsonb(module)))) AS row,
    item.retired_at IS NOT NULL AS "isRetired", file.raw_data_package_id IS NOT NULL AS "isPacked",
    (extract(epoch FROM item.obs_time) * 1000000)::bigint AS time, (extract(epoch FROM item.obs_time_end) * 1000000)::bigint AS "timeEnd",
    (extract(epoch FROM item.changed_at) * 1000000)::bigint AS "changedAt",
    extract(epoch FROM item.registered_at)::float8 * 1000 AS "registeredAt"
  FROM data_item item
  LEFT JOIN raw_data_file file ON file.item_id = item.id
  LEFT JOIN raw_data_package own ON own.item_id = item.id
  LEFT JOIN raw_data_package holder ON holder.item_id = file.raw_data_package_id
  LEFT JOIN executed_obs_unit executed
    ON executed.id = coalesce(own.executed_obs_unit_id, file.executed_obs_unit_id, holder.executed_obs_unit_id)
  LEFT JOIN obs_unit unit ON unit.id = executed.obs_unit_id
  LEFT JOIN source ON source.id = unit.source_id
  LEFT JOIN instrument_module module
    ON module.id = coalesce(own.instrument_module_id, file.instrument_module_id, holder.instrument_module_id)
  ORDER BY item.id`;

const STEPS = sql`
  SELECT step.id, step.name, data_grouping.filter, step.group_by AS "groupBy", step.inputs, step.upstream_policy AS "upstreamPolicy",
    step.min_members AS "minMembers", step.settle_seconds AS "settleSeconds", step.cooldown_seconds AS "cooldownSeconds",
    step.software_hash AS "softwareHash", step.config_hash AS "configHash", pipeline.trigger_type AS trigger,
    step.expect, step.max_wait_seconds AS "maxWaitSeconds",
    (SELECT coalesce(jsonb_agg(jsonb_build_object('selection', closing.selection, 'closedAt', extract(epoch FROM closing.closed_at) * 1000)), '[]')
     FROM grouping_close closing WHERE closing.data_grouping_id = data_grouping.id) AS closings,
    ARRAY(SELECT upstream_step_id FROM reduction_step_dependency d WHERE d.step_id = step.id ORDER BY 1) AS "upstreamStepIds",
    CASE WHEN NOT pipeline.enabled THEN '{"by": "pipeline", "reason": "the pipeline is disabled"}'::jsonb
      WHEN pipeline.paused_at IS NOT NULL THEN jsonb_build_object('by', pipeline.paused_by, 'reason', coalesce(pipeline.pause_reason, ''))
      WHEN step.paused_at IS NOT NULL THEN jsonb_build_object('by', step.paused_by, 'reason', coalesce(step.pause_reason, ''))
      WHEN location.paused_at IS NOT NULL THEN jsonb_build_object('by', location.paused_by, 'reason', coalesce(location.pause_reason, ''))
      ELSE (SELECT jsonb_build_object('by', kill.requested_by, 'reason', 'kill ' || kill.id || ': ' || kill.reason) FROM kill_request kill
        WHERE kill.lifted_at IS NULL AND (kill.settled_at IS NULL OR kill.scope = 'everything')
          AND (kill.scope = 'everything' OR kill.pipeline_id = pipeline.id OR kill.location_id = location.id) ORDER BY kill.id LIMIT 1)
    END AS pause
  FROM reduction_step step JOIN pipeline ON pipeline.id = step.pipeline_id JOIN data_grouping ON data_grouping.id = pipeline.data_grouping_id
  JOIN data_location location ON location.id = pipeline.processing_location_id
  WHERE step.retired_at IS NULL ORDER BY step.pipeline_id, step.position`;

const RUNS = sql`
  SELECT id, step_id AS "stepId", sub_group_id AS "subGroupId", status, causes, dims, input_fingerprint AS "inputFingerprint",
    association_fingerprint AS "associationFingerprint", software_hash AS "softwareHash", config_hash AS "configHash", failure_class AS "failureClass", failure_count AS "failureCount",
    cancel_requested_by AS "cancelledBy", cancel_reason AS "cancelReason",
    (SELECT coalesce(jsonb_agg(jsonb_build_object('itemId', used.item_id, 'contentHash', used.content_hash)), '[]')
     FROM input_set_member used WHERE used.input_set_id = run.input_set_id) AS inputs
  FROM run ORDER BY id`;
