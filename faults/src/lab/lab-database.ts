import { setTimeout as sleep } from 'node:timers/promises';
import { sql, type JobToken } from '@meridian/core';
import { opsDataSource, queryRow, queryRows } from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';
import type { DatabaseServer } from '../fake/database-server.js';

const TRIES = 200;
const PAUSE_MS = 200;

/** The ops-db as the harness itself reaches it, through all the restarts that it brings about. */
export class LabDatabase {
  private constructor(
    readonly server: DatabaseServer,
    readonly url: string,
    private readonly dataSource: DataSource,
  ) {}

  static async open(server: DatabaseServer): Promise<LabDatabase> {
    const url = await server.createDatabase('lab');
    const applicationName = 'faults-lab';
    return new LabDatabase(
      server,
      url,
      await opsDataSource({ url, applicationName, poolSize: 2 }).initialize(),
    );
  }

  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  close = (): Promise<void> => this.dataSource.destroy();

  /** Ends every connection of one kind of process of Meridian; how many there were. */
  async cut(process: string): Promise<number> {
    const rows = await this.surely((manager) =>
      queryRows(
        manager,
        sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE ${`%${process}%`}`,
      ),
    );
    return rows.length;
  }

  /** Attempts that were under way at some time since then. */
  async attemptsSince(time: Date): Promise<JobToken[]> {
    const rows = await this.surely((manager) =>
      queryRows<{ token: JobToken }>(
        manager,
        sql`SELECT token FROM attempt JOIN run ON run.id = attempt.run_id
            WHERE coalesce(ended_at, finished_at, 'infinity') >= ${time}`,
      ),
    );
    return rows.map(({ token }) => token);
  }

  /** Runs that have not ended and that nobody asked to cancel, with the token of their newest attempt. */
  openRuns(): Promise<{ id: number; status: string; token: JobToken | null }[]> {
    return this.surely((manager) =>
      queryRows(
        manager,
        sql`SELECT id, status, (SELECT token FROM attempt WHERE run_id = run.id ORDER BY number DESC LIMIT 1) AS token
            FROM run WHERE finished_at IS NULL AND cancel_requested_at IS NULL ORDER BY id`,
      ),
    );
  }

  async finished(): Promise<number> {
    const row = await this.surely((manager) =>
      queryRow<{ count: number }>(
        manager,
        sql`SELECT count(*)::int AS count FROM run WHERE finished_at IS NOT NULL`,
      ),
    );
    return row?.count ?? 0;
  }

  async unfinished(): Promise<number> {
    const row = await this.surely((manager) =>
      queryRow<{ count: number }>(
        manager,
        sql`SELECT count(*)::int AS count FROM run WHERE finished_at IS NULL OR lease_owner IS NOT NULL`,
      ),
    );
    return row?.count ?? 0;
  }

  /** The server may be starting, and a pooled connection may not yet know that it is dead. */
  async surely<Result>(act: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await act(this.manager);
      } catch (error) {
        if (tried === TRIES) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }
}
