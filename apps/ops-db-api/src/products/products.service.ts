import { DomainError } from '@meridian/core';
import {
  findProduct,
  listCopies,
  listProducts,
  type CopyRow,
  type FoundProduct,
  type ProductRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { openConfined, type ConfinedFile } from '../files/open-confined.js';
import { parseFilterText } from '../http/parse-filter-text.js';
import { notFound } from '../http/not-found.js';
import type { QueryWithDims } from '../paging/dims-query.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { ProductsQueryDto } from './dto/products.dto.js';
import { ProductResponse } from './product.response.js';

@Injectable()
export class ProductsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  list({ query, dims }: QueryWithDims<ProductsQueryDto>): Listing<ProductRow, ProductResponse> {
    const {
      pipeline = null,
      step = null,
      run: runId = null,
      type = null,
      verdict = null,
      current: currentOnly,
    } = query;
    const filter = parseFilterText(query.filter);
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listProducts(this.dataSource.manager, {
          pipeline,
          step,
          runId,
          type,
          verdict,
          dims,
          filter,
          now: new Date(),
          currentOnly,
          before: after,
          limit,
        }),
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
   * The bytes of a product, from the first copy that is there with the size it was registered with.
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
    throw new DomainError({
      kind: 'not_found',
      code: 'product.bytes_missing',
      message: `Product ${product.id} is registered, but none of its copies is there with ${product.sizeBytes} bytes.`,
      action: `Run its step again to make it anew: it came from run ${product.runId}.`,
    });
  }
}
