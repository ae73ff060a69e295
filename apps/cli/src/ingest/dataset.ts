import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/**
 * A short name for the data in a directory: the directory's name as a slug, and a hash of its real path, so that two
 * directories with the same name do not mix.
 */
export function datasetOf(realPath: string): string {
  const slug = basename(realPath)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 24)
    .replace(/-+$/, '');
  const hash = createHash('sha256').update(realPath).digest('hex').slice(0, 8);
  return `${slug === '' ? 'data' : slug}-${hash}`;
}
