import type { Random } from '@meridian/core/testing';
import type { LabSite } from '@meridian/hpc/testing/lab';
import type { FaultKind, Ledger } from '../ledger.js';
import type { SmallDisk } from '../fake/small-disk.js';
import type { ArmedFaults } from './armed-faults.js';
import type { DaemonFleet } from './daemon-fleet.js';
import type { LabCluster } from './lab-cluster.js';
import type { LabDatabase } from './lab-database.js';
import type { MeridianApi } from './meridian-api.js';

/** What only one fault at a time may have its hands on. */
export type Part = 'controller' | 'accounting' | 'gateway' | 'database' | 'disk' | 'jobs';

/** One kind of thing that goes wrong. It counts itself when it did, and leaves everything as it should be. */
export interface Injector {
  readonly kind: FaultKind;
  /** How often, in proportion to the others. */
  readonly weight: number;
  /** Meanwhile nothing else may happen to these. */
  readonly parts: readonly Part[];
  inject(): Promise<void>;
}

/** Everything that can be broken. */
export interface LabParts {
  readonly site: LabSite;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly cluster: LabCluster;
  readonly database: LabDatabase;
  readonly disk: SmallDisk;
  readonly fleet: DaemonFleet;
  readonly api: MeridianApi;
  readonly armed: ArmedFaults;
}

export const gatewayOf = (site: LabSite): string => (site === 'lab-rest' ? 'slurmrestd' : 'sshd');
