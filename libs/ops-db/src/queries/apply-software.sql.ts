import { sql, type SoftwareDefinition } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/**
 * Registers a software version, and its software when it is the first; returns the version's id.
 *
 * Of a version that is registered already only host_directory changes: the caller has made sure that nothing else differs.
 */
export async function applySoftware(manager: EntityManager, software: SoftwareDefinition): Promise<number> {
  const row = await queryRow<{ id: number }>(
    manager,
    sql`
    WITH software AS (
      INSERT INTO reduction_software (name, description) VALUES (${software.name}, ${software.description ?? ''})
      ON CONFLICT (name) DO UPDATE SET description = excluded.description
      RETURNING id
    )
    INSERT INTO reduction_software_version
      (software_id, version, image_ref, host_directory, image_digest, digest, command, environment, config_schema, exit_codes, tables)
    SELECT id, ${software.version}, ${software.image}, ${software.host_directory},
      ${software.image_digest}, ${software.digest},
      ${JSON.stringify(software.command)}::jsonb, ${JSON.stringify(software.environment)}::jsonb,
      ${JSON.stringify(software.config_schema)}::jsonb, ${JSON.stringify(software.exit_codes)}::jsonb,
      ${JSON.stringify(software.tables)}::jsonb
    FROM software
    ON CONFLICT (software_id, version) DO UPDATE SET host_directory = excluded.host_directory
    RETURNING id
  `,
  );
  if (row === undefined) throw new Error(`${software.name} ${software.version} was not stored`);
  return row.id;
}
