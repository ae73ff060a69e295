import { encodeCursor, decodeCursor, type CursorKey } from './cursor.js';
import { MAX_PAGE_SIZE, type PageQuery } from './page-query.dto.js';

/** One page of a list: `next` is the cursor of the page after it, null at the end. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** What a list's query must do: up to `limit` rows after the row with key `after`, in the list's own order. */
export interface PageRequest {
  readonly after: CursorKey | null;
  readonly limit: number;
}

export interface ListingOptions<Row, Item> {
  readonly query: PageQuery;
  /** Rows in a total order; called with one more than a page holds, to learn whether there is a next one. */
  fetch(this: void, page: PageRequest): Promise<readonly Row[]>;
  /** The sort key of a row: text and numbers that a cursor can hold in full (a Date cannot: it has only milliseconds). */
  keyOf(this: void, row: Row): CursorKey;
  /** The type of each part of the key. */
  readonly keyKinds: readonly ('string' | 'number')[];
  present(this: void, row: Row): Item;
}

/**
 * A list that a controller returns as it is: the listing interceptor answers with one page, or with everything from
 * the cursor on as NDJSON when the caller accepts `application/x-ndjson`.
 *
 * Pages are by key, so rows that are added or removed meanwhile never shift what comes next.
 */
export class Listing<Row, Item> {
  constructor(private readonly options: ListingOptions<Row, Item>) {}

  async page(): Promise<Page<Item>> {
    const { query, present } = this.options;
    const { rows, next } = await this.rowsAfter(query.cursor, query.limit);
    return { items: rows.map((row) => present(row)), next };
  }

  /** Every item from the cursor on, fetched a large page at a time. */
  async *items(): AsyncGenerator<Item> {
    let cursor = this.options.query.cursor;
    do {
      const { rows, next } = await this.rowsAfter(cursor, MAX_PAGE_SIZE);
      for (const row of rows) yield this.options.present(row);
      cursor = next ?? undefined;
    } while (cursor !== undefined);
  }

  private async rowsAfter(
    cursor: string | undefined,
    limit: number,
  ): Promise<{ rows: readonly Row[]; next: string | null }> {
    const { fetch, keyOf, keyKinds } = this.options;
    const after = cursor === undefined ? null : decodeCursor(cursor, keyKinds);
    const found = await fetch({ after, limit: limit + 1 });
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return { rows, next: found.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
  }
}

/** A list in the order of ids, the usual one: `fetch` gets the id to start after. */
export const listingById = <Row extends { readonly id: number }, Item>(options: {
  readonly query: PageQuery;
  readonly fetch: (page: { after: number | null; limit: number }) => Promise<readonly Row[]>;
  readonly present: (row: Row) => Item;
}): Listing<Row, Item> =>
  new Listing({
    ...options,
    fetch: ({ after, limit }) => options.fetch({ after: after === null ? null : Number(after[0]), limit }),
    keyOf: (row) => [row.id],
    keyKinds: ['number'],
  });
