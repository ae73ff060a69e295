import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@meridian/daemon';
import type { FaultRun, FaultRunOptions } from '../report.js';
import { startDatabaseServer } from './database-server.js';
import { watchFiles } from './watched-files.js';
import { World, type WorldResult } from './world.js';

const FAULTS_PER_WORLD = 150;
/** Every so many worlds, real job scripts run instead of their model. */
const REAL_SCRIPTS_EVERY = 10;

/** World after world until there were enough faults; each of them can be had again alone, by its seed and number. */
export async function faultsOnFake(options: FaultRunOptions): Promise<FaultRun> {
  const { seed, count, world: only } = options;
  const worlds =
    only === null
      ? Array.from({ length: Math.ceil(count / FAULTS_PER_WORLD) }, (_, index) => index + 1)
      : [only];
  const scratch = await mkdtemp(join(tmpdir(), 'meridian-faults-'));
  const logger = await createLogger({ name: 'faults', level: 'silent' as 'fatal', format: 'json' });
  const server = await startDatabaseServer();
  const unwatchFiles = watchFiles();
  const results: WorldResult[] = [];
  try {
    for (const number of worlds) {
      const soFar = results.reduce((sum, { ledger }) => sum + ledger.total, 0);
      results.push(
        await World.run({
          server,
          seed,
          number,
          faults: FAULTS_PER_WORLD,
          runsRealScripts: number % REAL_SCRIPTS_EVERY === 0,
          scratch,
          logger,
          onProgress: (faults) =>
            options.onProgress({ world: number, worlds: worlds.length, faults: soFar + faults }),
        }),
      );
      const world = results.at(-1);
      if (world !== undefined) options.onWorld(world);
    }
  } finally {
    unwatchFiles();
    await server.stop();
    await rm(scratch, { recursive: true, force: true });
  }
  return { worlds: results };
}
