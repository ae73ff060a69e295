import type { Pass } from '@meridian/daemon';
import { rescueExpiredLeases } from '@meridian/ops-db';
import type { DataSource } from 'typeorm';

export interface RescueExpiredLeasesOptions {
  readonly dataSource: DataSource;
  readonly owner: string;
  readonly batchSize: number;
}

/** STAGING_DATA → PENDING for runs whose manager died while it staged them. */
export class RescueExpiredLeasesPass implements Pass {
  readonly name = 'rescue-expired-leases';

  constructor(private readonly options: RescueExpiredLeasesOptions) {}

  run(): Promise<number> {
    return rescueExpiredLeases(this.options.dataSource.manager, {
      actor: this.options.owner,
      limit: this.options.batchSize,
    });
  }
}
