import { rawSql, sql, type SqlFragment } from '@meridian/core';

/** What the records say lies at a location, exact in every snapshot: `files` and `bytes`, over an expression for its id. */
export const usageOf = (locationId: string): SqlFragment => sql`
  SELECT coalesce(sum(files), 0)::bigint AS files, coalesce(sum(bytes), 0)::bigint AS bytes FROM (
    SELECT files, bytes FROM location_usage WHERE location_id = ${rawSql(locationId)}
    UNION ALL SELECT files, bytes FROM location_usage_change WHERE location_id = ${rawSql(locationId)}) AS counted`;
