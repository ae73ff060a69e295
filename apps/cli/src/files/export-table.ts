import { writeFileSync } from 'node:fs';
import type { ApiClient, Query } from '../api/api-client.js';
import type { ExportManifest } from '../api/table-types.js';
import { writeVerified } from './write-verified.js';

export interface TableExport {
  /** The table's route: `/result-tables/<software>/<table>`. */
  readonly route: string;
  /** Format, dims and what else the export is asked with. */
  readonly query: Query;
  readonly path: string;
}

/** Writes the present rows of a table to a file, verified, and its manifest beside it. */
export async function writeTableExport(
  client: ApiClient,
  { route, query, path }: TableExport,
): Promise<ExportManifest> {
  const { body, said } = await client.download(`${route}/export`, query, 'Meridian-Manifest');
  if (said === null) throw new Error('the export came without its manifest');
  const manifest = JSON.parse(said) as ExportManifest;
  await writeVerified(body, path, {
    sha256: manifest.sha256,
    onMismatch: (found) => ({
      message: `The file has the SHA-256 ${found}, but ${manifest.sha256} was announced.`,
      action: 'Try again.',
    }),
  });
  writeFileSync(`${path}.manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}
