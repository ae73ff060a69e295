import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '@meridian/core';
import { opsDataSource, queryRows } from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';
import type { Clock } from './clock.js';
import type { DatabaseServer } from './database-server.js';

/** The server needs a moment after a restart, and a pooled connection may not yet know that it is dead. */
const TRIES = 20;

const LEAST_STEP_MS = 300;

/** A world's database, as the world itself reaches it: no faults on this side. */
export class WorldDatabase {
  private shownAt = 0;

  private constructor(
    private readonly server: DatabaseServer,
    private readonly name: string,
    readonly url: string,
    readonly dataSource: DataSource,
  ) {}

  static async open(server: DatabaseServer, name: string): Promise<WorldDatabase> {
    const url = await server.createWorld(name);
    const dataSource = await opsDataSource({
      url,
      applicationName: 'faults-world',
      poolSize: 2,
    }).initialize();
    return new WorldDatabase(server, name, url, dataSource);
  }

  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  /** Lets the database's clock show the world's time; some milliseconds are not worth a statement. */
  async show(clock: Clock): Promise<void> {
    if (clock.milliseconds - this.shownAt < LEAST_STEP_MS) return;
    this.shownAt = clock.milliseconds;
    await this.surely(() =>
      queryRows(this.manager, sql`UPDATE faults.clock SET at = ${clock.now()} RETURNING at`),
    );
  }

  /** Which of these server processes wait for a lock. */
  async blocked(pids: readonly number[]): Promise<Set<number>> {
    const rows = await this.surely(() =>
      queryRows<{ pid: number }>(
        this.manager,
        sql`SELECT pid FROM unnest(${pids}::int[]) AS pid WHERE cardinality(pg_blocking_pids(pid)) > 0`,
      ),
    );
    return new Set(rows.map(({ pid }) => pid));
  }

  /** Ends the connections of one daemon, and waits until they are gone and it knows; how many there were. */
  async cut(applicationName: string): Promise<number> {
    const left = async (): Promise<number> => {
      const rows = await queryRows(
        this.manager,
        sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${applicationName}`,
      );
      return rows.length;
    };
    const count = await left();
    while ((await left()) > 0) await sleep(1);
    await sleep(1);
    return count;
  }

  async restart(how: 'restart' | 'crash'): Promise<void> {
    await this.server[how]();
    await this.surely(() => queryRows(this.manager, sql`SELECT 1`));
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
    await this.server.dropWorld(this.name);
  }

  private async surely<Result>(act: () => Promise<Result>): Promise<Result> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await act();
      } catch (error) {
        if (tried === TRIES) throw error;
        await sleep(25);
      }
    }
  }
}
