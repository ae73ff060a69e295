import { rawSql, type RawSql } from '@meridian/core';

/** A timestamptz inside a JSON document: ISO 8601 in UTC, whatever the session's time zone. `expression` is a column of ours. */
export const isoTime = (expression: string): RawSql =>
  rawSql(`to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
