import { sql } from '@meridian/core';
import { databaseTime, queryRow, queryRows } from '@meridian/ops-db';
import { TrimChangesPass } from '@meridian/trigger-manager';
import pino from 'pino';
import { Client } from 'pg';
import { Telescope } from './gaps-archive.js';
import type { Archive } from './gaps-databases.js';
import { Ticker } from './gaps-steps.js';
import type { Figures } from './report.js';

const LEAST = 0.7;
/** What a phase without it lasts at most: it tells the pace, it does not pile anything up. */
const FREE_MINUTES = 3;
const FILES_PER_BEAT = 400;
const STATUSES = ['PENDING', 'STAGING_DATA', 'SUBMITTING', 'SUBMITTED', 'COLLECTING_RESULTS'] as const;

/** What somebody else's transaction does while it is held: a long report, or a change that was not committed. */
const HOLDERS = { reading: 'SELECT count(*) FROM pipeline', writing: 'SELECT pg_current_xact_id()' } as const;

/**
 * R6: files registered, evaluated, reduced, and evaluated again, as often as it goes, for so many minutes beside a transaction
 * that is held all the while, and as long without one before and after: what comes last is slower, because the archive has grown.
 */
export async function heldTransaction(archive: Archive, minutes: number): Promise<Figures> {
  const { client, items, step } = archive;
  await client.query(`UPDATE pipeline SET trigger_type = 'CONTINUOUS' WHERE id = $1`, [step.pipelineId]);
  const load = await Load.on(archive);
  await load.beat();
  const figures: Record<string, Figures[string]> = {};
  const free = Math.min(minutes, FREE_MINUTES);
  let before = await load.during(free);
  for (const [kind, statement] of Object.entries(HOLDERS)) {
    const holder = new Client({ connectionString: archive.url });
    await holder.connect();
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await holder.query(statement);
    const held = await load.during(minutes);
    await holder.query('COMMIT');
    await holder.end();
    const after = await load.during(free);
    const yardstick = (before + after) / 2;
    figures[`R6 at ${items}, ${kind} transaction held`] = {
      value: held,
      unit: 'files/s',
      yardstick: { name: 'without it, mean of before and after', value: yardstick },
      ratio: held / yardstick,
      goal: `≥ ${LEAST} ×`,
      holds: held / yardstick >= LEAST,
      note: `held for ${minutes} minutes, ${free} without it; per round ${FILES_PER_BEAT} files registered, ticks of 20 steps, runs created and brought to COMPLETED; before ${before.toFixed(0)}, after ${after.toFixed(0)} files/s`,
    };
    before = after;
  }
  return figures;
}

class Load {
  private readonly ticker: Ticker;
  private readonly trim: TrimChangesPass;

  private constructor(
    private readonly archive: Archive,
    private readonly telescope: Telescope,
  ) {
    const { dataSource } = archive;
    const logger = pino({ level: 'warn' });
    this.ticker = new Ticker(dataSource, 10_000);
    this.trim = new TrimChangesPass({ dataSource, logger, now: databaseTime });
  }

  static async on(archive: Archive): Promise<Load> {
    return new Load(archive, await Telescope.at(archive.dataSource.manager));
  }

  /** Files per second. */
  async during(minutes: number): Promise<number> {
    const startedAt = performance.now();
    const milliseconds = minutes * 60_000;
    let files = 0;
    for (; performance.now() - startedAt < milliseconds; files += FILES_PER_BEAT) await this.beat();
    return (files * 1000) / (performance.now() - startedAt);
  }

  /** New files → runs → results → current again. */
  async beat(): Promise<void> {
    const { manager } = this.archive.dataSource;
    await this.telescope.observe(FILES_PER_BEAT);
    const { fired } = await this.ticker.tick();
    if (fired === 0) throw new Error('new files were registered, but no run was created');
    const ofPipeline = sql`step_id IN (SELECT id FROM reduction_step WHERE pipeline_id = ${this.archive.step.pipelineId})`;
    for (const [index, from] of STATUSES.entries()) {
      const to = STATUSES[index + 1] ?? 'COMPLETED';
      await queryRows(
        manager,
        sql`UPDATE run SET status = ${to}, moved_by = 'bench', finished_at = CASE WHEN ${to} = 'COMPLETED' THEN now() END
            WHERE status = ${from}`,
      );
    }
    await queryRow(
      manager,
      sql`UPDATE sub_group SET last_completed_run_id = last_run_id WHERE state = 'running' AND ${ofPipeline} RETURNING id`,
    );
    await this.ticker.tick();
    await this.trim.run();
  }
}
