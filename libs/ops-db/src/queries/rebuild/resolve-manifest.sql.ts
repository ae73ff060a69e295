import { sql, type JsonObject, type Manifest } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow, queryRows } from '../../sql.js';

/** What the names in a manifest mean in this database; null for what it does not have. */
export interface ResolvedStep {
  readonly pipelineId: number | null;
  readonly stepId: number | null;
  readonly versionId: number | null;
  readonly versionDigest: string | null;
  readonly exitCodes: JsonObject;
  readonly tables: readonly string[];
  /** An active run of the sub-group, which can have only one. */
  readonly activeRunId: number | null;
}

export const resolveManifest = async (
  manager: EntityManager,
  { pipeline, step, software, provenance }: Manifest,
): Promise<ResolvedStep> => {
  const row = await queryRow<ResolvedStep>(
    manager,
    sql`
    SELECT pipeline.id AS "pipelineId", step.id AS "stepId", version.id AS "versionId", version.digest AS "versionDigest",
      coalesce(version.exit_codes, '{}') AS "exitCodes",
      ARRAY(SELECT declared ->> 'name' FROM jsonb_array_elements(coalesce(version.tables, '[]')) declared) AS tables,
      (SELECT active.id FROM sub_group g JOIN run active ON active.sub_group_id = g.id AND active.status
         IN ('PENDING', 'STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'RUNNING', 'COLLECTING_RESULTS')
       WHERE g.step_id = step.id AND g.key = ${provenance.sub_group.key} LIMIT 1) AS "activeRunId"
    FROM (SELECT) nothing
    LEFT JOIN pipeline ON pipeline.name = ${pipeline}
    LEFT JOIN LATERAL (SELECT id FROM reduction_step known WHERE known.pipeline_id = pipeline.id AND known.name = ${step}
      ORDER BY retired_at DESC NULLS FIRST, id DESC LIMIT 1) step ON true
    LEFT JOIN reduction_software software ON software.name = ${software.name}
    LEFT JOIN reduction_software_version version ON version.software_id = software.id AND version.version = ${software.version}`,
  );
  if (row === undefined) throw new Error('the manifest gave no answer');
  return row;
};

/** Which item an input of a manifest is here; null for one that is not registered, or has other content now. */
export interface ResolvedInput {
  readonly place: number;
  readonly itemId: number | null;
  readonly contentHash: string | null;
}

/** In the order of the manifest's inputs. */
export const resolveInputs = (
  manager: EntityManager,
  { inputs }: Pick<Manifest, 'inputs'>,
): Promise<ResolvedInput[]> =>
  queryRows(
    manager,
    sql`
    SELECT input.place::int AS place, item.id AS "itemId", item.content_hash AS "contentHash"
    FROM unnest(${inputs.map(({ external_id: externalId }) => externalId ?? null)}::text[],
      ${inputs.map(({ made_by: madeBy }) => madeBy?.token ?? null)}::text[], ${inputs.map(({ made_by: madeBy }) => madeBy?.path ?? null)}::text[])
      WITH ORDINALITY AS input (external_id, token, path, place)
    LEFT JOIN raw_data_file raw ON raw.external_id = input.external_id
    LEFT JOIN raw_data_package package ON package.external_id = input.external_id AND raw.item_id IS NULL
    LEFT JOIN attempt maker ON maker.token = input.token
    LEFT JOIN data_product product ON product.run_id = maker.run_id AND product.path = input.path
    LEFT JOIN data_item item ON item.id = coalesce(raw.item_id, package.item_id, product.item_id)
    ORDER BY input.place`,
  );
