import {
  LOCATION_BACKENDS,
  LOCATION_KINDS,
  LOCATION_RUNTIMES,
  STAGING_KINDS,
  type LocationDefinition,
} from './definition-document.js';
import { parseWaterMarks, WATER_MARK_KEYS } from '../retention/parse-water-marks.js';
import type { DocumentReader } from './document-reader.js';

export const LOCATION_KEYS = [
  'name',
  'kind',
  'base_path',
  'backend',
  'backend_config',
  'runtime',
  'staging',
  'max_active_runs',
  'max_jobs_in_queue',
  ...WATER_MARK_KEYS,
] as const;

/** One data location; a PROCESSING one says how jobs run there, the others must not. */
export function parseLocation(reader: DocumentReader): LocationDefinition {
  const kind = reader.choice('kind', LOCATION_KINDS, null);
  const isProcessing = kind === 'PROCESSING';
  for (const key of ['backend', 'runtime'].filter((name) => reader.has(name) && !isProcessing)) {
    reader.report('location.not_processing', key, `only a PROCESSING location has a ${key}`);
  }
  return {
    name: reader.requiredText('name'),
    kind,
    base_path: parseBasePath(reader),
    backend: isProcessing ? reader.choice('backend', LOCATION_BACKENDS, null) : null,
    backend_config: reader.anyObject('backend_config'),
    runtime: isProcessing ? reader.choice('runtime', LOCATION_RUNTIMES, null) : null,
    staging: reader.choice('staging', STAGING_KINDS, 'link'),
    max_active_runs: reader.integer('max_active_runs', null, { min: 1 }),
    max_jobs_in_queue: reader.integer('max_jobs_in_queue', null, { min: 1 }),
    ...parseWaterMarks(reader, kind),
  };
}

/** Everything below a base path is Meridian's to read and write, so the root of a file system is refused. */
function parseBasePath(reader: DocumentReader): string {
  const path = reader.requiredText('base_path', { pattern: /^\//, describe: 'an absolute path' });
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (path.startsWith('/') && segments.length === 0) {
    reader.report('location.base_path', 'base_path', 'the root of the file system cannot be a location');
  }
  if (segments.includes('..')) reader.report('location.base_path', 'base_path', 'must not contain ".."');
  return path;
}
