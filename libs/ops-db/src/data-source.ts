import { DataSource } from 'typeorm';
import { ENTITIES } from './entities/index.js';
import { MIGRATIONS } from './migrations/index.js';

export interface OpsDbOptions {
  readonly url: string;
  /** Shown in pg_stat_activity, so that an operator sees who holds a lock. */
  readonly applicationName: string;
  readonly poolSize?: number;
}

/** The ops-db. bigint columns arrive as numbers: every id and size stays below 2^53. */
export const opsDataSource = ({ url, applicationName, poolSize = 5 }: OpsDbOptions): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    applicationName,
    poolSize,
    // Where statistics lag behind, it takes seconds to compile what then runs for milliseconds.
    extra: { options: '-c jit=off' },
    parseInt8: true,
    connectTimeoutMS: 10_000,
    entities: ENTITIES,
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migration',
    migrationsTransactionMode: 'each',
  });
