import { sql, type Dims, type Subject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../../sql.js';
import { runsMadeWith } from './subject-runs.sql.js';

/** What was made with a subject, and of that again, of one step. */
export interface StepImpact {
  readonly pipeline: string;
  readonly step: string;
  readonly runs: number;
  readonly products: number;
  /** Sub-groups of which such a run is the present result. */
  readonly currentSubGroups: number;
  readonly published: number;
}

/** A sub-group of which such a run is the present result. */
export interface ImpactedSubGroup {
  readonly id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly key: string;
  readonly dims: Dims;
  readonly run_id: number;
}

export interface ImpactedPublication {
  readonly id: number;
  readonly product_id: number;
  readonly location: string;
  readonly path: string;
  readonly version: number;
}

export interface Impact {
  /** By pipeline and position of the step. */
  readonly steps: readonly StepImpact[];
  /** The first ones by id. */
  readonly subGroups: readonly ImpactedSubGroup[];
  /** The first ones by id, of those that are public. */
  readonly publications: readonly ImpactedPublication[];
}

/** All that was made with a subject, and of that again, to any depth; counted in full, listed up to `limit`. */
export const measureImpact = async (
  manager: EntityManager,
  subject: Subject,
  limit: number,
): Promise<Impact> =>
  (await queryRow<Impact>(
    manager,
    sql`
    WITH RECURSIVE made (run_id) AS (
      SELECT run_id FROM (${runsMadeWith(subject)}) AS direct
      UNION
      SELECT later.run_id FROM made, LATERAL (SELECT run_id FROM run_source WHERE source_run_id = made.run_id OFFSET 0) later
    ), of_run AS MATERIALIZED (
      SELECT run.id, run.step_id, run.sub_group_id, sub_group.last_completed_run_id = run.id AS is_current, sub_group.key, sub_group.dims
      FROM made JOIN run ON run.id = made.run_id JOIN sub_group ON sub_group.id = run.sub_group_id
    ), public AS MATERIALIZED (
      SELECT publication.id, publication.item_id, publication.data_location_id, publication.path, publication.version, of_run.step_id
      FROM of_run JOIN data_product product ON product.run_id = of_run.id JOIN publication ON publication.item_id = product.item_id
      WHERE publication.state = 'published'
    ), by_step AS (
      SELECT step_id, count(*)::int AS runs, count(*) FILTER (WHERE is_current)::int AS "currentSubGroups",
        sum((SELECT count(*) FROM data_product product WHERE product.run_id = of_run.id))::int AS products,
        (SELECT count(*)::int FROM public WHERE public.step_id = of_run.step_id) AS published
      FROM of_run GROUP BY step_id
    )
    SELECT
      (SELECT coalesce(jsonb_agg(jsonb_build_object('pipeline', pipeline.name, 'step', step.name, 'runs', runs, 'products', products,
          'currentSubGroups', "currentSubGroups", 'published', published) ORDER BY pipeline.name, step.position, step.name), '[]')
       FROM by_step JOIN reduction_step step ON step.id = by_step.step_id JOIN pipeline ON pipeline.id = step.pipeline_id) AS steps,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('id', listed.sub_group_id, 'pipeline', pipeline.name, 'step', step.name, 'key', listed.key,
          'dims', listed.dims, 'run_id', listed.id) ORDER BY listed.sub_group_id), '[]')
       FROM (SELECT * FROM of_run WHERE is_current ORDER BY sub_group_id LIMIT ${limit}) listed
       JOIN reduction_step step ON step.id = listed.step_id JOIN pipeline ON pipeline.id = step.pipeline_id) AS "subGroups",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('id', listed.id, 'product_id', listed.item_id, 'location', location.name, 'path', listed.path,
          'version', listed.version) ORDER BY listed.id), '[]')
       FROM (SELECT * FROM public ORDER BY id LIMIT ${limit}) listed JOIN data_location location ON location.id = listed.data_location_id) AS publications`,
  )) ?? noImpact(subject);

function noImpact(subject: Subject): never {
  throw new Error(`counting what was made with ${subject.kind} gave no row`);
}
