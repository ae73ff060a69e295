import { DomainError, type JsonObject } from '@meridian/core';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { HpcBackend } from './hpc-backend.js';
import { ConfigReader } from './config-reader.js';
import { LocalBackend } from './local/local.backend.js';
import { readSshSettings, SlurmSshClient } from './slurm-ssh/index.js';
import { readRestSettings, SlurmRestClient } from './slurm-rest/index.js';
import { readJobOptions } from './slurm/job-options.js';
import { SlurmBackend } from './slurm/slurm-backend.js';
import type { RequestKind } from './slurm/slurm-client.js';

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
  /** The value of an environment variable that a location's settings name, for a token or an agent. */
  readonly readEnvironment?: (name: string) => string | undefined;
  /** Told of every request that is made of a site. */
  readonly onRequest?: (kind: RequestKind) => void;
  readonly onError?: (error: unknown) => void;
  /** Backends by name that win over the built-in ones: the fake one of a test or a bench. */
  readonly backends?: Readonly<Record<string, (location: BackendLocation) => HpcBackend>>;
}

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
    case 'slurm-rest':
      return slurmRestBackend(location, options);
    case 'slurm-ssh':
      return slurmSshBackend(location, options);
    default:
      throw notAvailable(location, [
        'local',
        'slurm-rest',
        'slurm-ssh',
        ...Object.keys(options.backends ?? {}),
      ]);
  }
}

function slurmRestBackend(location: BackendLocation, options: BackendOptions): HpcBackend {
  const reader = ConfigReader.of(location);
  const settings = readRestSettings(reader);
  const slurm = readSlurm(location, reader, options);
  const readEnvironment = options.readEnvironment ?? ((): undefined => undefined);
  const client = new SlurmRestClient({ ...slurm, settings, readEnvironment });
  return new SlurmBackend({ ...slurm, backend: 'slurm-rest', client });
}

function slurmSshBackend(location: BackendLocation, options: BackendOptions): HpcBackend {
  const reader = ConfigReader.of(location);
  const settings = readSshSettings(reader);
  const slurm = readSlurm(location, reader, options);
  const inheritedAgent = options.readEnvironment?.('SSH_AUTH_SOCK');
  const client = new SlurmSshClient({
    ...slurm,
    settings,
    ...(inheritedAgent === undefined ? {} : { inheritedAgent }),
  });
  return new SlurmBackend({ ...slurm, backend: 'slurm-ssh', client });
}

/** What both ways to a Slurm share, and the end of reading their settings. */
function readSlurm(location: BackendLocation, reader: ConfigReader, options: BackendOptions) {
  const job = readJobOptions(reader);
  const own = reader.textMap('environment');
  reader.end();
  return {
    locationName: location.name,
    job,
    partition: job.partition,
    environment: { PATH: SYSTEM_PATH, LANG: 'C.UTF-8', ...options.environment, ...own },
    ...(options.onRequest === undefined ? {} : { onRequest: options.onRequest }),
  };
}

function localBackend(location: BackendLocation, options: BackendOptions): HpcBackend {
  const reader = ConfigReader.of(location);
  const cpus = reader.whole('cpus', availableParallelism());
  const capacity = {
    cpus,
    memoryMb: reader.whole('memory_mb', Math.floor(totalmem() / 1_048_576)),
    jobs: reader.whole('jobs', cpus),
  };
  const stateDirectory = reader.optionalPath('state_directory') ?? `${location.basePath}/.jobs`;
  reader.end();
  return new LocalBackend({
    stateDirectory,
    capacity,
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

const notAvailable = ({ name, backend }: BackendLocation, available: readonly string[]): DomainError =>
  new DomainError({
    kind: 'unavailable',
    code: 'backend.not_available',
    message: `The location ${name} asks for the backend ${backend ?? '(none)'}, which this version of Meridian does not have.`,
    action: `Use one of: ${available.join(', ')}.`,
  });
