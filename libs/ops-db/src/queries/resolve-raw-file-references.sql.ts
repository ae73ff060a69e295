import { sql, type Dims } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { queryRow } from '../sql.js';

/** The names that rows of an ingest request use. */
export interface RawFileReferenceNames {
  readonly locations: readonly string[];
  /** `instrument/module` */
  readonly modules: readonly string[];
  readonly executedObsUnits: readonly string[];
  /** External ids. */
  readonly packages: readonly string[];
}

type ByName<Value> = Readonly<Record<string, Value>>;

/** What those names stand for, and the dimensions that each brings with it. A name that is missing here does not exist. */
export interface RawFileReferences {
  readonly locations: ByName<number>;
  readonly modules: ByName<{ readonly id: number; readonly dims: Dims }>;
  readonly executedObsUnits: ByName<{ readonly dims: Dims }>;
  readonly packages: ByName<{
    readonly id: number;
    readonly executedObsUnitId: string;
    readonly moduleId: number;
    readonly dims: Dims;
  }>;
}

/** Resolves every name of an ingest request in one round trip. */
export async function resolveRawFileReferences(
  manager: EntityManager,
  names: RawFileReferenceNames,
): Promise<RawFileReferences> {
  const found = await queryRow<RawFileReferences>(
    manager,
    sql`
    SELECT
      (SELECT coalesce(jsonb_object_agg(name, id), '{}') FROM data_location WHERE name = ANY(${names.locations})) AS locations,
      (SELECT coalesce(jsonb_object_agg(instrument.name || '/' || module.name, jsonb_build_object(
          'id', module.id,
          'dims', jsonb_build_object('module', module.name, 'instrument', instrument.name, 'telescope', telescope.name))), '{}')
        FROM instrument_module module
        JOIN instrument ON instrument.id = module.instrument_id
        JOIN telescope ON telescope.id = instrument.telescope_id
        WHERE instrument.name || '/' || module.name = ANY(${names.modules})) AS modules,
      (SELECT coalesce(jsonb_object_agg(executed.id, jsonb_build_object('dims', jsonb_strip_nulls(jsonb_build_object(
          'executed_obs_unit', executed.id, 'obs_unit', unit.name, 'program', program.name, 'source', source.name,
          'line', unit.line, 'instrument', instrument.name, 'telescope', telescope.name)))), '{}')
        FROM executed_obs_unit executed
        JOIN obs_unit unit ON unit.id = executed.obs_unit_id
        JOIN observing_program program ON program.id = unit.observing_program_id
        JOIN source ON source.id = unit.source_id
        LEFT JOIN instrument ON instrument.id = unit.instrument_id
        LEFT JOIN telescope ON telescope.id = instrument.telescope_id
        WHERE executed.id = ANY(${names.executedObsUnits}::uuid[])) AS "executedObsUnits",
      (SELECT coalesce(jsonb_object_agg(package.external_id, jsonb_build_object(
          'id', package.item_id, 'executedObsUnitId', package.executed_obs_unit_id,
          'moduleId', package.instrument_module_id, 'dims', item.dims)), '{}')
        FROM raw_data_package package
        JOIN data_item item ON item.id = package.item_id
        WHERE package.external_id = ANY(${names.packages})) AS packages
  `,
  );
  if (found === undefined) throw new Error('a SELECT of scalars gives one row');
  return found;
}
