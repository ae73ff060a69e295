import { createBackend, type BackendLocation } from './create-backend.js';
import type { HpcBackend } from './hpc-backend.js';

export interface BackendCacheOptions {
  /** True in the one daemon that starts local jobs. */
  readonly startsJobs: boolean;
  /** Told what is wrong with a location or its backend; once for settings that cannot be used. */
  readonly onProblem: (location: BackendLocation, error: unknown) => void;
}

interface Entry {
  readonly settings: string;
  readonly backend: HpcBackend | null;
}

/** One backend per location, kept while the location's settings stay as they are. */
export class BackendCache {
  private readonly byLocation = new Map<number, Entry>();

  constructor(private readonly options: BackendCacheOptions) {}

  /** Null for a location whose backend this version does not have, or whose settings are wrong. */
  of(location: BackendLocation & { readonly id: number }): HpcBackend | null {
    const settings = JSON.stringify(location);
    const known = this.byLocation.get(location.id);
    if (known?.settings === settings) return known.backend;
    const backend = this.create(location);
    this.byLocation.set(location.id, { settings, backend });
    known?.backend?.close().catch((error: unknown) => this.options.onProblem(location, error));
    return backend;
  }

  async close(): Promise<void> {
    await Promise.all([...this.byLocation.values()].map(async ({ backend }) => backend?.close()));
    this.byLocation.clear();
  }

  private create(location: BackendLocation): HpcBackend | null {
    const { startsJobs, onProblem } = this.options;
    try {
      return createBackend(location, { startsJobs, onError: (error) => onProblem(location, error) });
    } catch (error) {
      onProblem(location, error);
      return null;
    }
  }
}
