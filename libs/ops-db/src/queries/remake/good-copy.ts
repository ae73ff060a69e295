import { rawSql, type RawSql } from '@meridian/core';

/** Whether some location has the bytes of an item. */
export const hasGoodCopy = (itemId: string): RawSql =>
  rawSql(
    `EXISTS (SELECT FROM physical_copy good WHERE good.item_id = ${itemId} AND good.status IN ('PRESENT', 'STAGED'))`,
  );
