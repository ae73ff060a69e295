/** The picture that a program made of one of its files; null when it made none. */
export interface PreviewSearch {
  readonly path: string;
  /** What `products.json` says is its preview. */
  readonly declared: string | undefined;
  /** Of all outputs. */
  readonly paths: ReadonlySet<string>;
}

const IMAGE_NAME = /\.(fits?|fts|fits\.fz)(\.gz)?$/i;

/** By their names: FITS, tile-compressed FITS, and gzipped ones. */
export const isFitsName = (path: string): boolean => IMAGE_NAME.test(path);

/** The PNG that it names in `products.json`, else one with the same stem beside the file or in `plots/`. */
export function findPreview({ path, declared, paths }: PreviewSearch): string | null {
  if (declared !== undefined) return paths.has(declared) && isPng(declared) ? declared : null;
  if (!isFitsName(path)) return null;
  const stem = path.replace(IMAGE_NAME, '');
  const name = stem.slice(stem.lastIndexOf('/') + 1);
  return [`${stem}.png`, `plots/${name}.png`].find((candidate) => paths.has(candidate)) ?? null;
}

export const isPng = (path: string): boolean => /\.png$/i.test(path);
