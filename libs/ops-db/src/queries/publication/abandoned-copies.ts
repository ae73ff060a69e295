import { rawSql, type RawSql } from '@meridian/core';

/** Why a publication whose publisher died is tried again; that publisher may not be dead, and may still make its copy. */
export const WENT_SILENT = 'its publisher went silent';

/**
 * Notes the public names that publications give up, so that whatever bytes are, or come to be, there are removed: rows of `source` have
 * item_id, data_location_id and the path, or null. A name that was given up is never given again.
 */
export const abandonedCopies = (source: string): RawSql =>
  rawSql(`
    INSERT INTO physical_copy (item_id, data_location_id, path, status)
    SELECT item_id, data_location_id, path, 'DELETION_SCHEDULED' FROM ${source} WHERE path IS NOT NULL
    ON CONFLICT (data_location_id, path) DO UPDATE SET status = 'DELETION_SCHEDULED'
    RETURNING id`);
