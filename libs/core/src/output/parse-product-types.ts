import type { DocumentReader } from '../definition/document-reader.js';
import { PRODUCT_TYPES, type ProductType } from './product-type.js';

/** A list of product types under a key. */
export function productTypes(reader: DocumentReader, key: string): ProductType[] {
  return reader.textList(key).flatMap((name, index): ProductType[] => {
    const type = PRODUCT_TYPES.find((known) => known === name);
    if (type === undefined)
      reader.report('definition.value', [key, index], `must be one of ${PRODUCT_TYPES.join(', ')}`);
    return type === undefined ? [] : [type];
  });
}
