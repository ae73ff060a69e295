import {
  sql,
  type ProvenanceGeneration,
  type ProvenanceItem,
  type ProvenanceRun,
  type ProvenanceUse,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../sql.js';
import { isoTime } from '../iso-time.js';

/** What is known of these items, in the order of ids. */
export const loadProvenanceItems = (
  manager: EntityManager,
  itemIds: readonly number[],
): Promise<ProvenanceItem[]> =>
  queryRows(
    manager,
    sql`
    SELECT item.id, item.kind, item.name, item.content_hash AS sha256, item.size_bytes AS "sizeBytes", item.dims, product.type,
      coalesce(product.description, '') AS description, coalesce(file.external_id, package.external_id) AS "externalId",
      ${isoTime('item.obs_time')} AS "observedAt", ${isoTime('item.registered_at')} AS "registeredAt"
    FROM data_item item LEFT JOIN data_product product ON product.item_id = item.id
    LEFT JOIN raw_data_file file ON file.item_id = item.id LEFT JOIN raw_data_package package ON package.item_id = item.id
    WHERE item.id = ANY(${itemIds}::bigint[])
    ORDER BY item.id`,
  );

/** What is known of these runs, in the order of ids; of their attempts the newest, which made the result. */
export const loadProvenanceRuns = (
  manager: EntityManager,
  runIds: readonly number[],
): Promise<ProvenanceRun[]> =>
  queryRows(
    manager,
    sql`
    SELECT run.id, pipeline.name AS pipeline, step.name AS step, run.status, pipeline.created_by AS owner, location.name AS location, run.dims,
      jsonb_build_object('name', software.name, 'version', version.version, 'digest', version.digest, 'image', version.image_ref,
        'imageDigest', coalesce(version.image_digest, pin.digest), 'hostDirectory', version.host_directory, 'command', version.command) AS software,
      run.recipe_hash AS "recipeHash", run.config AS parameters, run.attempt, attempt.host,
      ${isoTime('attempt.started_at')} AS "startedAt", ${isoTime('coalesce(attempt.ended_at, run.finished_at)')} AS "endedAt"
    FROM run JOIN pipeline ON pipeline.id = run.pipeline_id JOIN reduction_step step ON step.id = run.step_id
    JOIN data_location location ON location.id = run.location_id
    JOIN reduction_software_version version ON version.id = run.software_version_id JOIN reduction_software software ON software.id = version.software_id
    LEFT JOIN image_pin pin ON pin.reference = version.image_ref
    LEFT JOIN attempt ON attempt.run_id = run.id AND attempt.number = run.attempt
    WHERE run.id = ANY(${runIds}::bigint[])
    ORDER BY run.id`,
  );

/** Everything that these runs were given, with the content that it had. */
export const loadProvenanceUses = (
  manager: EntityManager,
  runIds: readonly number[],
): Promise<ProvenanceUse[]> =>
  queryRows(
    manager,
    sql`
    SELECT run.id AS "runId", member.item_id AS "itemId", member.content_hash AS sha256, member.binding
    FROM run JOIN input_set_member member ON member.input_set_id = run.input_set_id
    WHERE run.id = ANY(${runIds}::bigint[])
    ORDER BY run.id, member.item_id, member.binding`,
  );

/** Which of these items which of these runs made. */
export const loadProvenanceGenerations = (
  manager: EntityManager,
  { runIds, itemIds }: { readonly runIds: readonly number[]; readonly itemIds: readonly number[] },
): Promise<ProvenanceGeneration[]> =>
  queryRows(
    manager,
    sql`
    SELECT product.run_id AS "runId", product.item_id AS "itemId", item.content_hash AS sha256
    FROM data_product product JOIN data_item item ON item.id = product.item_id
    WHERE product.item_id = ANY(${itemIds}::bigint[]) AND product.run_id = ANY(${runIds}::bigint[])
    ORDER BY product.run_id, product.item_id`,
  );
