import { sql } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface ImageProblem {
  readonly location: string;
  readonly image: string;
  /** One sentence. */
  readonly problem: string;
  /** `name version` of the software that living steps would run with it. */
  readonly software: readonly string[];
}

/** The images that living steps need and cannot have at their location, for people to see before a run waits for one. */
export const listImageProblems = (manager: EntityManager): Promise<ImageProblem[]> =>
  queryRows(
    manager,
    sql`
    SELECT location.name AS location, known.image, known.problem,
           array_agg(DISTINCT software.name || ' ' || version.version) AS software
    FROM location_image known
    JOIN data_location location ON location.id = known.location_id
    JOIN reduction_software_version version
      ON version.image_ref = known.image AND coalesce(version.image_digest, '') = known.wanted_digest
    JOIN reduction_software software ON software.id = version.software_id
    JOIN reduction_step step ON step.software_version_id = version.id AND step.retired_at IS NULL
    JOIN pipeline ON pipeline.id = step.pipeline_id AND pipeline.processing_location_id = location.id
    WHERE known.problem IS NOT NULL
    GROUP BY location.name, known.image, known.problem
    ORDER BY location.name, known.image
  `,
  );
