import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { JsonObject } from '@meridian/core';
import type { DataSource } from 'typeorm';
import { opsDataSource } from './data-source.js';
import { listenForWork, type WorkTopic } from './listen-for-work.js';
import { settleIn } from './settle-in.js';
import { forgetHeartbeat, recordHeartbeat } from './queries/record-heartbeat.sql.js';

export interface DaemonConnectionOptions {
  readonly name: string;
  readonly url: string;
  readonly topics: readonly WorkTopic[];
  readonly onLost: (error: Error) => void;
  readonly poolSize?: number;
}

/** A daemon's ties to the ops-db, in the shape that libs/daemon asks for. */
export interface DaemonConnection {
  readonly dataSource: DataSource;
  /** `<daemon>@<host>-<pid>-<random>`: no other process ever has it; actor of its run events and owner of its leases. */
  readonly instance: string;
  beat(this: void, passes: object): Promise<void>;
  listen(this: void, wake: () => void): Promise<() => Promise<void>>;
  close(this: void): Promise<void>;
}

/** The version that is recorded with every heartbeat. */
const VERSION = '0.1.0';

/** Connects a daemon to the ops-db. Rejects when the database does not answer within ten seconds, or is not where it belongs (`settleIn`). */
export async function connectDaemon(options: DaemonConnectionOptions): Promise<DaemonConnection> {
  const { name, url, topics, onLost } = options;
  const dataSource = await opsDataSource({
    url,
    applicationName: name,
    poolSize: options.poolSize ?? 5,
  }).initialize();
  try {
    await settleIn(dataSource);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  // In a container every start has the same host name and process id.
  const instance = `${name}@${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const identity = {
    daemon: name,
    instance,
    host: hostname(),
    pid: process.pid,
    version: VERSION,
    startedAt: new Date(),
  };
  return {
    dataSource,
    instance,
    beat: (passes) => recordHeartbeat(dataSource.manager, { ...identity, passes: passes as JsonObject }),
    listen: (wake) => listenForWork({ url, applicationName: name, topics, wake, onLost }),
    close: async () => {
      await forgetHeartbeat(dataSource.manager, identity);
      await dataSource.destroy();
    },
  };
}
