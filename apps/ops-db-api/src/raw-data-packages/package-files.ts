import { isJsonObject, sha256Hex, type Problem } from '@meridian/core';
import { invalidRequest } from '../http/validation.js';
import { parseRawFileRow, type RawFileRow } from '../raw-data-files/parse-raw-file-row.js';

/** The rows of a package's files, each naming the package; a row that names another one is left for its own problem. */
export const rowsOfPackage = (files: readonly unknown[], externalId: string): unknown[] =>
  files.map((row) =>
    isJsonObject(row) && (row['raw_data_package_external_id'] ?? null) === null
      ? { ...row, raw_data_package_external_id: externalId }
      : row,
  );

/**
 * Size and hash of a package that was not given its tar's: those of the set of its files, in no order.
 *
 * @throws DomainError `request.invalid` when a row is wrong or belongs to another package.
 */
export function contentOf(
  rows: readonly unknown[],
  externalId: string,
): { readonly sizeBytes: number; readonly contentHash: string } {
  const problems: Problem[] = [];
  const parsed = rows.map((row, index) => parseRawFileRow(row, `/files/${index}`, problems));
  const files = parsed.filter((row): row is RawFileRow => row !== null);
  parsed.forEach((row, index) => {
    if (row === null || row.packageExternalId === externalId) return;
    const path = `/files/${index}/raw_data_package_external_id`;
    problems.push({ code: 'raw_data_file.not_of_package', path, message: 'names another package' });
  });
  if (problems.length > 0) throw invalidRequest(problems.slice(0, 1000), problems.length);
  const lines = files.map((file) => `${file.sha256} ${file.externalId}\n`).sort();
  return {
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    contentHash: sha256Hex(lines.join('')),
  };
}
