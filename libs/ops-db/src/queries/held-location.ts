import { rawSql, type JsonObject } from '@meridian/core';

/** A location with what it takes to reach its files. */
export interface HeldLocation {
  readonly id: number;
  readonly name: string;
  readonly basePath: string;
  /** Null where the files are mounted here. */
  readonly backend: string | null;
  readonly backendConfig: JsonObject;
}

/** The row `location` of data_location as one. */
export const HELD_LOCATION = rawSql(
  `jsonb_build_object('id', location.id, 'name', location.name, 'basePath', location.base_path, 'backend', location.backend, 'backendConfig', location.backend_config)`,
);
