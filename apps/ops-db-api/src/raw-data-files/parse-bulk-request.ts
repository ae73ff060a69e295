import { isJsonObject, type Problem } from '@meridian/core';
import { invalidRequest } from '../http/validation.js';
import { INGEST_MODES, MAX_ROWS, type IngestMode } from './dto/raw-data-file.dto.js';

/** @throws DomainError `request.invalid` for anything but `{rows: 1 to 10,000 of them, mode?}`. */
export function parseBulkRequest(body: unknown): {
  readonly rows: readonly unknown[];
  readonly mode: IngestMode;
} {
  const problems: Problem[] = [];
  const fields = isJsonObject(body) ? body : {};
  for (const field of Object.keys(fields)) {
    if (field === 'rows' || field === 'mode') continue;
    problems.push({
      code: 'field.unknown',
      path: `/${field}`,
      message: `${field} is not a field of this request`,
    });
  }
  const rows = fields['rows'];
  const isList = Array.isArray(rows) && rows.length > 0 && rows.length <= MAX_ROWS;
  if (!isList)
    problems.push({
      code: 'field.invalid',
      path: '/rows',
      message: `rows must be a list of 1 to ${MAX_ROWS} rows`,
    });
  const mode = INGEST_MODES.find((one) => one === (fields['mode'] ?? 'all'));
  if (mode === undefined)
    problems.push({
      code: 'field.invalid',
      path: '/mode',
      message: `mode must be one of ${INGEST_MODES.join(', ')}`,
    });
  if (!isList || mode === undefined || problems.length > 0) throw invalidRequest(problems);
  return { rows, mode };
}
