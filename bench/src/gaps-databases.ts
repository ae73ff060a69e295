import { opsDataSource, forgetEvaluations } from '@meridian/ops-db';
import type { BuiltStep } from '@meridian/ops-db/testing';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { startBenchServer, type BenchServer } from './bench-server.js';
import { fillArchive, itemsWithWrongFacts } from './gaps-archive.js';
import { aSurvey, completeAll, Ticker } from './gaps-steps.js';

/**
 * Beyond PostgreSQL's defaults, which are those of a small machine: an archive's hot tables stay in memory, and a checkpoint does
 * not fall into one measurement and not into the other.
 */
const SETTINGS = [
  'shared_buffers=2GB',
  'max_wal_size=8GB',
  'checkpoint_timeout=15min',
  'pg_stat_statements.track_planning=on',
];
/** In memory, so that neither the engine nor a yardstick spills to disk while the other does not. */
const WORK_MEM = '64MB';
const LARGEST_CHECKED = 200_000;

export interface Archive {
  readonly items: number;
  readonly dataSource: DataSource;
  readonly client: Client;
  /** Takes every file, a sub-group per observation; all of it is reduced. */
  readonly step: BuiltStep;
  /** Of the first evaluation of all, which writes every sub-group. */
  readonly firstEvaluationMs: number;
  readonly url: string;
  close(): Promise<void>;
}
type Connected = Pick<Archive, 'client' | 'dataSource'>;

/** Databases of one benchmark: an archive is filled once per size, and what would spoil it is done to a copy. */
export class GapsServer {
  private constructor(
    private readonly server: BenchServer,
    private readonly log: (line: string) => void,
  ) {}

  static async start(log: (line: string) => void): Promise<GapsServer> {
    return new GapsServer(await startBenchServer([...SETTINGS, `work_mem=${WORK_MEM}`]), log);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** An archive of `items` files with 20 steps, evaluated, one step of which is reduced. */
  async archive(items: number): Promise<Archive> {
    const name = `archive_${items}`;
    await this.onServer(`CREATE DATABASE ${name} TEMPLATE meridian`);
    const connected = await this.connect(name);
    const close = async (): Promise<void> => {
      await disconnect(connected);
      await this.onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    };
    try {
      return { items, ...connected, ...(await this.furnish(connected, items)), url: this.url(name), close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  private async furnish(
    { client, dataSource }: Connected,
    items: number,
  ): Promise<Pick<Archive, 'step' | 'firstEvaluationMs'>> {
    const startedAt = performance.now();
    await fillArchive(client, items);
    this.log(`${items} files registered in ${seconds(startedAt)} s`);
    const { manager } = dataSource;
    if (items <= LARGEST_CHECKED) {
      const wrong = await itemsWithWrongFacts(manager);
      if (wrong > 0) throw new Error(`${wrong} items are not as the triggers would have left them`);
    }
    const step = await aSurvey(manager);
    await client.query('ANALYZE');
    const ticker = new Ticker(dataSource, 1);
    const { milliseconds } = await ticker.tick();
    await client.query('ANALYZE sub_group');
    await completeAll(manager, step);
    await client.query('VACUUM (ANALYZE)');
    await forgetEvaluations(manager, null);
    await ticker.tick();
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
    const { rows } = await client.query<{ size: string }>(
      'SELECT pg_size_pretty(pg_database_size(current_database())) AS size',
    );
    this.log(`archive of ${items} files ready after ${seconds(startedAt)} s, ${rows[0]?.size}`);
    return { step, firstEvaluationMs: milliseconds };
  }

  private async connect(name: string): Promise<Connected> {
    const url = this.url(name);
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    const dataSource = await opsDataSource({ url, applicationName: 'bench', poolSize: 4 }).initialize();
    return { client, dataSource };
  }

  private url(name: string): string {
    return this.server.url.replace(/meridian$/, name);
  }

  private async onServer(statement: string): Promise<void> {
    const client = new Client({ connectionString: this.url('postgres') });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }
}

async function disconnect({ client, dataSource }: Connected): Promise<void> {
  await dataSource.destroy();
  await client.end();
}

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);
