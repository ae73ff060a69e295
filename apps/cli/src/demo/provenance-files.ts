import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ApiClient } from '../api/api-client.js';
import { writeWhole } from '../files/write-whole.js';
import type { ExportedFile } from './source-table.js';

export interface ProvenanceRequest {
  readonly productId: number;
  readonly dataset: string;
  readonly directory: string;
}

/** Writes how a product came about, down to the raw files and their checksums, as W3C PROV-JSON and as the metadata of an RO-Crate. */
export async function exportProvenance(
  client: ApiClient,
  { productId, dataset, directory }: ProvenanceRequest,
): Promise<ExportedFile[]> {
  const wanted = [
    { format: 'prov-json', path: join(directory, `provenance-${dataset}.prov.json`) },
    { format: 'ro-crate', path: join(directory, `provenance-${dataset}`, 'ro-crate-metadata.json') },
  ];
  const files: ExportedFile[] = [];
  for (const { format, path } of wanted) {
    const { text } = await client.text(`/products/${productId}/provenance`, { format });
    writeWhole(path, text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    files.push({ format, path, size_bytes: Buffer.byteLength(text), sha256 });
  }
  return files;
}
