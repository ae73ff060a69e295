/** DataProductType: what a product is for. */
export const PRODUCT_TYPES = [
  'SCIENCE',
  'QA_METRIC',
  'PLOT',
  'STATISTICS',
  'LOG',
  'INTERMEDIATE',
  /** Rows of a result table that later steps take as an input. */
  'TABLE',
  'OTHER',
] as const;
export type ProductType = (typeof PRODUCT_TYPES)[number];

export const isProductType = (value: unknown): value is ProductType =>
  (PRODUCT_TYPES as readonly unknown[]).includes(value);
