import { DomainError, type JsonObject } from '@meridian/core';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { HpcBackend } from './hpc-backend.js';
import { ConfigReader } from './config-reader.js';
import { LocalBackend } from './local/local.backend.js';
import { mountedFiles } from './site-files/mounted-files.js';
import type { SiteFiles } from './site-files/site-files.js';
import { readSshSettings, RemoteFiles, SlurmSshClient } from './slurm-ssh/index.js';
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

/** What runs the jobs of a processing location, and how its files are reached. */
export interface SiteAccess {
  readonly backend: HpcBackend;
  readonly files: SiteFiles;
}

/** Only the jobs' part of `createSite`. */
export const createBackend = (location: BackendLocation, options: BackendOptions): HpcBackend =>
  createSite(location, options).backend;

/**
 * The access to a processing location. Closing the backend closes the way to the files as well.
 *
 * @throws DomainError `backend.not_available` for one that this version does not have, `backend.config_invalid` for settings
 * that it does not understand.
 */
export function createSite(location: BackendLocation, options: BackendOptions): SiteAccess {
  const custom = options.backends?.[location.backend ?? ''];
  if (custom !== undefined) return { backend: custom(location), files: mountedFiles };
  switch (location.backend) {
    case 'local':
      return { backend: localBackend(location, options), files: mountedFiles };
    case 'slurm-rest':
      return { backend: slurmRestBackend(location, options), files: mountedFiles };
    case 'slurm-ssh':
      return slurmSshSite(location, options);
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

function slurmSshSite(location: BackendLocation, options: BackendOptions): SiteAccess {
  const reader = ConfigReader.of(location);
  const settings = readSshSettings(reader);
  const reach = readReach(reader);
  // One of them is for files as long as there are any to be moved; commands must not wait for that.
  if (reach === 'sftp' && settings.channels < 2)
    reader.refuse('channels', 'is less than 2, which SFTP needs');
  const slurm = readSlurm(location, reader, options);
  const inheritedAgent = options.readEnvironment?.('SSH_AUTH_SOCK');
  const client = new SlurmSshClient({
    ...slurm,
    settings,
    ...(inheritedAgent === undefined ? {} : { inheritedAgent }),
  });
  return {
    backend: new SlurmBackend({ ...slurm, backend: 'slurm-ssh', client }),
    files: reach === 'sftp' ? new RemoteFiles(client.connection) : mountedFiles,
  };
}

function readReach(reader: ConfigReader): SiteFiles['reach'] {
  const reach = reader.optionalText('files') ?? 'mounted';
  return reach === 'mounted' || reach === 'sftp'
    ? reach
    : reader.refuse('files', 'is neither mounted nor sftp');
}

/** How a location's files are reached, also when the rest of its settings cannot be used. */
export const reachOf = ({ backend, backendConfig }: BackendLocation): SiteFiles['reach'] =>
  backend === 'slurm-ssh' && backendConfig['files'] === 'sftp' ? 'sftp' : 'mounted';

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
