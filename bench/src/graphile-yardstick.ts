import { Logger, run, runMigrations } from 'graphile-worker';
import { Client } from 'pg';

/** Jobs per second of graphile-worker as it comes (one job fetched and one completed per statement), over `count` empty jobs. */
export async function graphileJobsPerSecond(connectionString: string, count: number): Promise<number> {
  await runMigrations({ connectionString });
  const client = new Client({ connectionString });
  await client.connect();
  await client.query(
    `SELECT graphile_worker.add_job('nothing', '{}'::json) FROM generate_series(1, ${count})`,
  );
  await client.end();
  let left = count;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const startedAt = performance.now();
  const runner = await run({
    connectionString,
    concurrency: 10,
    noHandleSignals: true,
    logger: silentLogger(),
    taskList: {
      nothing: () => {
        left -= 1;
        if (left === 0) finish();
      },
    },
  });
  await finished;
  const seconds = (performance.now() - startedAt) / 1000;
  await runner.stop();
  return count / seconds;
}

const silentLogger = (): Logger => new Logger(() => () => undefined);
