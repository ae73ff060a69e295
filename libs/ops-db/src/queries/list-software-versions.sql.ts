import { sql, type JsonObject, type ResultTable } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../sql.js';

export interface SoftwareVersionRow {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly image: string | null;
  readonly hostDirectory: string | null;
  readonly imageDigest: string | null;
  readonly digest: string;
  readonly command: readonly string[];
  readonly environment: JsonObject;
  readonly configSchema: JsonObject;
  readonly exitCodes: JsonObject;
  readonly tables: readonly ResultTable[];
  readonly createdAt: Date;
  /** `pipeline/step` of the living steps that run it now. */
  readonly usedBy: readonly string[];
}

/** The versions of a software in order of registration; with `version` that one alone. */
export const listSoftwareVersions = (
  manager: EntityManager,
  name: string,
  version: string | null,
): Promise<SoftwareVersionRow[]> =>
  queryRows(
    manager,
    sql`
    SELECT v.id, s.name, v.version, v.image_ref AS image, v.host_directory AS "hostDirectory", v.image_digest AS "imageDigest", v.digest, v.command, v.environment,
      v.config_schema AS "configSchema", v.exit_codes AS "exitCodes", v.tables, v.created_at AS "createdAt",
      ARRAY(SELECT pipeline.name || '/' || t.name FROM reduction_step t JOIN pipeline ON pipeline.id = t.pipeline_id
            WHERE t.software_version_id = v.id AND t.retired_at IS NULL ORDER BY 1) AS "usedBy"
    FROM reduction_software_version v JOIN reduction_software s ON s.id = v.software_id
    WHERE s.name = ${name} AND (${version}::text IS NULL OR v.version = ${version})
    ORDER BY v.id
  `,
  );
