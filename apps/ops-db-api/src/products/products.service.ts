import { DomainError, type StaleReason } from '@meridian/core';
import {
  findProduct,
  listCopies,
  listFailedProducts,
  listProducts,
  listStaleProducts,
  type CopyRow,
  type CurrencyQuery,
  type FoundProduct,
  type ProductFilter,
  type ProductRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { openConfined, type ConfinedFile } from '../files/open-confined.js';
import { parseFilterText } from '../http/parse-filter-text.js';
import { notFound } from '../http/not-found.js';
import type { QueryWithDims } from '../paging/dims-query.js';
import { Listing, listingById } from '../paging/listing.js';
import type { ProductsQueryDto } from './dto/products.dto.js';
import { openRows } from './open-rows.js';
import { ProductResponse } from './product.response.js';

@Injectable()
export class ProductsService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Newest first; those that are stale, or failed, by run.
   *
   * @throws DomainError `products.two_selections`
   */
  list({ query, dims }: QueryWithDims<ProductsQueryDto>): Listing<ProductRow, ProductResponse> {
    const filter = { ...filterOf(query), dims, filter: parseFilterText(query.filter), now: new Date() };
    const { as_of: asOf = null, current: currentOnly } = query;
    const { manager } = this.dataSource;
    if ([query.stale, query.failed_only, asOf !== null].filter(Boolean).length > 1) throw twoSelections();
    if (query.stale) return byRun(query, (page) => listStaleProducts(manager, { ...filter, ...page }));
    if (query.failed_only) return byRun(query, (page) => listFailedProducts(manager, { ...filter, ...page }));
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listProducts(manager, { ...filter, asOf, currentOnly, before: after, limit }),
      present: (row) => ProductResponse.from(row),
    });
  }

  async show(id: number): Promise<FoundProduct> {
    const product = await findProduct(this.dataSource.manager, id);
    if (product === undefined) throw notFound('product', id);
    return product;
  }

  copies(id: number): Promise<CopyRow[]> {
    return listCopies(this.dataSource.manager, id);
  }

  /**
   * The bytes of a product, from the first copy that is there with the size it was registered with; those of rows, from the rows.
   *
   * @throws DomainError `product.bytes_missing`, `file.outside_location`
   */
  async open(product: ProductRow): Promise<ConfinedFile> {
    const copies = (await this.copies(product.id)).filter(
      ({ status }) => status === 'PRESENT' || status === 'STAGED',
    );
    for (const { basePath, path } of copies) {
      const file = await openConfined(basePath, path);
      if (file !== null && file.size === product.sizeBytes) return file;
      await file?.handle.close();
    }
    const rows = product.type === 'TABLE' ? await openRows(this.dataSource, product) : null;
    if (rows !== null && rows.size === product.sizeBytes) return rows;
    await rows?.handle.close();
    throw new DomainError({
      kind: 'not_found',
      code: 'product.bytes_missing',
      message: `Product ${product.id} is registered, but none of its copies is there with ${product.sizeBytes} bytes.`,
      action: `Run its step again to make it anew: it came from run ${product.runId}.`,
    });
  }
}

const filterOf = (query: ProductsQueryDto): Omit<ProductFilter, 'dims' | 'filter' | 'now'> => {
  const { pipeline = null, step = null, run: runId = null, type = null, verdict = null } = query;
  const {
    grouping = null,
    sub_group: subGroupId = null,
    tainted: isTainted = null,
    taint: taintId = null,
  } = query;
  return { pipeline, step, runId, type, verdict, grouping, subGroupId, isTainted, taintId };
};

type Found = ProductRow & { readonly staleReasons?: readonly StaleReason[] };

/** Products in the order of their runs, which that of their ids is not. */
const byRun = (
  query: ProductsQueryDto,
  fetch: (page: Pick<CurrencyQuery, 'before' | 'limit'>) => Promise<readonly Found[]>,
): Listing<Found, ProductResponse> =>
  new Listing({
    query,
    fetch: ({ after, limit }) =>
      fetch({ before: after === null ? null : { runId: Number(after[0]), id: Number(after[1]) }, limit }),
    keyOf: ({ runId, id }) => [runId, id],
    keyKinds: ['number', 'number'],
    present: (row) => ProductResponse.from(row, row.staleReasons ?? null),
  });

const twoSelections = (): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'products.two_selections',
    message: 'Of "stale", "failed_only" and "as_of" more than one is asked for at once.',
    action: 'Ask for one of them.',
  });
