import { createSite, reachOf, type BackendLocation, type BackendOptions } from './create-backend.js';
import type { HpcBackend } from './hpc-backend.js';
import { mountedFiles } from './site-files/mounted-files.js';
import type { SiteFiles } from './site-files/site-files.js';

export interface BackendCacheOptions extends Pick<BackendOptions, 'startsJobs' | 'readEnvironment'> {
  /** Told what is wrong with a location or its backend; once for settings that cannot be used. */
  readonly onProblem: (location: BackendLocation, error: unknown) => void;
}

interface Entry {
  readonly settings: string;
  readonly backend: HpcBackend | null;
  readonly files: SiteFiles | null;
  /** Why there is no backend. */
  readonly problem: Error | null;
}

type KnownLocation = BackendLocation & { readonly id: number };

/** One backend per location, kept while the location's settings stay as they are. */
export class BackendCache {
  private readonly byLocation = new Map<number, Entry>();

  constructor(private readonly options: BackendCacheOptions) {}

  /** Null for a location whose backend this version does not have, or whose settings are wrong. */
  of = (location: KnownLocation): HpcBackend | null => this.entryOf(location).backend;

  /** Null when the settings say neither where its files are nor how to get there; those that are mounted here need no backend. */
  filesOf = (location: KnownLocation): SiteFiles | null =>
    location.backend === null ? mountedFiles : this.entryOf(location).files;

  /** Why a location has no backend; null for one that has. */
  problemOf = (location: KnownLocation): Error | null => this.entryOf(location).problem;

  async close(): Promise<void> {
    await Promise.all([...this.byLocation.values()].map(async ({ backend }) => backend?.close()));
    this.byLocation.clear();
  }

  private entryOf(location: KnownLocation): Entry {
    const { name, backend, backendConfig, basePath } = location;
    const settings = JSON.stringify([name, backend, backendConfig, basePath]);
    const known = this.byLocation.get(location.id);
    if (known?.settings === settings) return known;
    const entry = { settings, ...this.create(location) };
    this.byLocation.set(location.id, entry);
    known?.backend?.close().catch((error: unknown) => this.options.onProblem(location, error));
    return entry;
  }

  private create(location: BackendLocation): Omit<Entry, 'settings'> {
    const { onProblem, ...options } = this.options;
    try {
      const site = createSite(location, { ...options, onError: (error) => onProblem(location, error) });
      return { ...site, problem: null };
    } catch (problem) {
      onProblem(location, problem);
      const files = reachOf(location) === 'mounted' ? mountedFiles : null;
      return {
        backend: null,
        files,
        problem: problem instanceof Error ? problem : new Error(String(problem)),
      };
    }
  }
}
