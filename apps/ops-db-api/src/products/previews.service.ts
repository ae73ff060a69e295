import { createHash } from 'node:crypto';
import { DomainError, isPng } from '@meridian/core';
import { findProductPreview, type FoundProduct, type PreviewRow } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { openConfined } from '../files/open-confined.js';
import { ProductsService } from './products.service.js';

/** A picture of a product, whole: made ones are small, and one that a program made is bounded here. */
export interface Preview {
  readonly sha256: string;
  readonly png: Buffer;
}

const MAX_FOUND_BYTES = 16 * 2 ** 20;

@Injectable()
export class PreviewsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly products: ProductsService,
  ) {}

  /**
   * The picture of a product; a PNG file is its own.
   *
   * @throws DomainError `preview.none`, `preview.not_ready`, `preview.impossible`, `preview.bytes_missing`, `preview.too_large`
   */
  async show(productId: number): Promise<Preview> {
    const product = await this.products.show(productId);
    if (isPng(product.path)) return this.found(product);
    const row = await findProductPreview(this.dataSource.manager, productId);
    switch (row?.state) {
      case undefined:
        throw unavailable({
          code: 'preview.none',
          message: `Product ${productId} has no preview.`,
          action: 'Previews are made of images only.',
        });
      case 'found':
        return this.found(await this.products.show(row.foundItemId ?? 0));
      case 'made':
        return madePreview(productId, row);
      case 'wanted':
        throw unavailable({
          code: 'preview.not_ready',
          message: `The preview of product ${productId} is not made yet${row.reason === null ? '' : `: ${row.reason}`}.`,
          action: 'Ask again in a moment.',
        });
      case 'impossible':
        throw unavailable({
          code: 'preview.impossible',
          message: `No preview can be made of product ${productId}: ${row.reason ?? ''}.`,
          action: 'Look at the product itself.',
        });
    }
  }

  private async found(picture: FoundProduct): Promise<Preview> {
    const file = await this.products.open(picture);
    try {
      if (file.size > MAX_FOUND_BYTES)
        throw unavailable({
          code: 'preview.too_large',
          message: `The picture ${picture.path} has ${file.size} bytes.`,
          action: `Download it: it is product ${picture.id}.`,
        });
      return { sha256: picture.sha256, png: await file.handle.readFile() };
    } finally {
      await file.handle.close();
    }
  }
}

/** Jobs can write where it lies: only the bytes that were written are shown. */
async function madePreview(
  productId: number,
  { basePath, path, sha256, sizeBytes }: PreviewRow,
): Promise<Preview> {
  const file = await openConfined(basePath ?? '', path ?? '');
  try {
    if (file !== null && file.size === sizeBytes) {
      const png = await file.handle.readFile();
      if (createHash('sha256').update(png).digest('hex') === sha256) return { sha256, png };
    }
  } finally {
    await file?.handle.close();
  }
  throw unavailable({
    code: 'preview.bytes_missing',
    message: `The preview of product ${productId} was made, but it is not at its place, ${path ?? ''}, or cannot be read from here.`,
    action: 'See whether its location is mounted where the API runs.',
  });
}

const unavailable = (why: {
  readonly code: string;
  readonly message: string;
  readonly action: string;
}): DomainError => new DomainError({ kind: 'not_found', ...why });
