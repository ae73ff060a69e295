import { DomainError, type JsonObject } from '@meridian/core';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { HpcBackend } from './hpc-backend.js';
import { LocalBackend } from './local/local.backend.js';

/** The part of a processing location that says how to reach its scheduler. */
export interface BackendLocation {
  readonly name: string;
  readonly backend: string | null;
  readonly backendConfig: JsonObject;
  readonly basePath: string;
}

export interface BackendOptions {
  /** True in the one daemon that starts local jobs. */
  readonly startsJobs: boolean;
  /** Added to what local jobs start with, over a plain PATH; never pass a whole process environment, which holds passwords. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onError?: (error: unknown) => void;
  /** Backends by name that win over the built-in ones: the fake one of a test or a bench. */
  readonly backends?: Readonly<Record<string, (location: BackendLocation) => HpcBackend>>;
}

const LOCAL_KEYS = ['cpus', 'memory_mb', 'jobs', 'state_directory'];
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The backend of a processing location.
 *
 * @throws DomainError `backend.not_available` for one that this version does not have, `backend.config_invalid` for settings
 * that it does not understand.
 */
export function createBackend(location: BackendLocation, options: BackendOptions): HpcBackend {
  const custom = options.backends?.[location.backend ?? ''];
  if (custom !== undefined) return custom(location);
  switch (location.backend) {
    case 'local':
      return localBackend(location, options);
    default:
      throw notAvailable(location, ['local', ...Object.keys(options.backends ?? {})]);
  }
}

function localBackend(location: BackendLocation, options: BackendOptions): HpcBackend {
  const config = location.backendConfig;
  const unknownKey = Object.keys(config).find((key) => !LOCAL_KEYS.includes(key));
  if (unknownKey !== undefined)
    throw badConfig(location, `"${unknownKey}" is none of ${LOCAL_KEYS.join(', ')}`);
  const cpus = positive(location, 'cpus', availableParallelism());
  return new LocalBackend({
    stateDirectory: stateDirectoryOf(location),
    capacity: {
      cpus,
      memoryMb: positive(location, 'memory_mb', Math.floor(totalmem() / 1_048_576)),
      jobs: positive(location, 'jobs', cpus),
    },
    // Programs that are installed with the running Node (npm's own, for one) are found as well.
    environment: {
      PATH: `${dirname(process.execPath)}:${SYSTEM_PATH}`,
      LANG: 'C.UTF-8',
      ...options.environment,
    },
    startsJobs: options.startsJobs,
    ...(options.onError === undefined ? {} : { onError: options.onError }),
  });
}

function stateDirectoryOf(location: BackendLocation): string {
  const path = location.backendConfig['state_directory'];
  if (path === undefined) return `${location.basePath}/.jobs`;
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw badConfig(location, '"state_directory" is not an absolute path');
  return path;
}

function positive(location: BackendLocation, key: string, otherwise: number): number {
  const value = location.backendConfig[key];
  if (value === undefined) return otherwise;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw badConfig(location, `"${key}" is not a whole number above 0`);
  return value;
}

const notAvailable = ({ name, backend }: BackendLocation, available: readonly string[]): DomainError =>
  new DomainError({
    kind: 'unavailable',
    code: 'backend.not_available',
    message: `The location ${name} asks for the backend ${backend ?? '(none)'}, which this version of Meridian does not have.`,
    action: `Use one of: ${available.join(', ')}.`,
  });

const badConfig = ({ name }: BackendLocation, why: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'backend.config_invalid',
    message: `The backend_config of the location ${name} cannot be used: ${why}.`,
    action: 'Correct backend_config in the definitions file and apply it again.',
  });
