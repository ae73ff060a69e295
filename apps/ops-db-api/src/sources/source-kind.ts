import type { SourceKind } from '@meridian/ops-db';
import { invalidRequest } from '../http/validation.js';
import type { CreateSourceDto } from './dto/create-source.dto.js';

/** Where a source of each kind is to be found in the sky. */
const NEEDED = {
  FIXED: ['ra_deg', 'dec_deg'],
  SOLAR_SYSTEM: ['naif_id'],
  CONSTANT_ELEVATION: ['elevation_deg'],
} as const satisfies Record<SourceKind, readonly (keyof CreateSourceDto)[]>;

/** @throws DomainError `request.invalid` that names every coordinate the source's kind needs and lacks. */
export function checkWhatItsKindNeeds(request: CreateSourceDto): void {
  const missing = NEEDED[request.kind].filter((field) => request[field] === undefined);
  if (missing.length === 0) return;
  throw invalidRequest(
    missing.map((field) => ({
      code: 'field.required',
      path: `/${field}`,
      message: `${field} is required for a ${request.kind} source`,
    })),
  );
}
