import { appendFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sql, type RunStatus } from '@meridian/core';
import { mountedFiles } from '@meridian/hpc';
import { unreachableFiles } from '@meridian/hpc/testing';
import { listRuns, queryRow, queryRows } from '@meridian/ops-db';
import { Workshop } from '../testing/workshop.js';
import { ReadProgressPass, type ReadProgressOptions } from './read-progress.pass.js';

describe('ReadProgressPass', () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(() => workshop.close());

  const look = (options: Partial<ReadProgressOptions> = {}) =>
    new ReadProgressPass({
      dataSource: workshop.database.dataSource,
      filesOf: () => mountedFiles,
      logger: workshop.logger,
      everySeconds: 10,
      ...options,
    }).run(new AbortController().signal);
  const lookAgain = async () => {
    await queryRows(
      workshop.db,
      sql`UPDATE run_progress SET looked_at = now() - interval '1 minute' RETURNING run_id`,
    );
    await look();
  };
  const aRun = async (status: RunStatus = 'RUNNING') => {
    const run = await workshop.aRun({ status });
    return { ...run, file: path.join(workshop.basePath, run.directory, 'output/progress.ndjson') };
  };
  const said = async ({ runId, step }: { runId: number; step: { name: string } }) => {
    const query = { pipeline: null, status: null, subGroupId: null, dims: {}, before: null, limit: 10 };
    const rows = await listRuns(workshop.db, { ...query, step: step.name });
    return rows.find(({ id }) => id === runId)?.progress;
  };

  it('keeps the last that a running program said, and nothing of one that waits', async () => {
    const [running, waiting] = [await aRun(), await aRun('SUBMITTED')];
    for (const { file } of [running, waiting])
      await writeFile(file, '{"fraction": 0.1, "message": "reading"}\n');
    await look();
    expect(await said(running)).toMatchObject({ fraction: 0.1, message: 'reading' });
    expect(await said(waiting)).toBeNull();

    await appendFile(
      running.file,
      '{"items_done": 40, "items_total": 100, "message": "fitting"}\n{"message": "to',
    );
    await look();
    expect(await said(running)).toMatchObject({ message: 'reading' });
    await lookAgain();
    expect(await said(running)).toEqual({
      ...{ fraction: 0.4, message: 'fitting', items_done: 40, items_total: 100, said_at: null },
    });
  });

  it('reads the end of a file of any length, and never through a link', async () => {
    const [long, linked] = [await aRun(), await aRun()];
    await writeFile(long.file, `${'{"message": "again and again"}\n'.repeat(300_000)}{"message": "done"}\n`);
    await writeFile(path.join(workshop.basePath, 'secret'), '{"message": "secret"}\n');
    await symlink(path.join(workshop.basePath, 'secret'), linked.file);
    await look();
    expect(await said(long)).toMatchObject({ message: 'done' });
    expect(await said(linked)).toBeNull();
  });

  it('keeps what was said when the site is away, and forgets it with the next attempt', async () => {
    const run = await aRun();
    await writeFile(run.file, '{"fraction": 0.5}\n');
    await look();
    await queryRows(
      workshop.db,
      sql`UPDATE run_progress SET looked_at = now() - interval '1 minute' RETURNING run_id`,
    );
    await look({ filesOf: () => unreachableFiles() });
    await lookAgain();
    expect(await said(run)).toMatchObject({ fraction: 0.5 });

    await rm(run.file);
    await queryRows(
      workshop.db,
      sql`WITH next AS (INSERT INTO attempt (run_id, number, token, job_id, directory, cpus, memory_mb, walltime_minutes, submitted_at)
            SELECT run_id, 2, token || 'again', job_id, directory, cpus, memory_mb, walltime_minutes, now() FROM attempt WHERE run_id = ${run.runId})
          UPDATE run SET attempt = 2 WHERE id = ${run.runId} RETURNING id`,
    );
    expect(await said(run)).toBeNull();
    await look();
    expect(await said(run)).toBeNull();
  });

  it('looks at each run once, however many look, and leaves nothing of those that said nothing', async () => {
    const runs: Awaited<ReturnType<typeof aRun>>[] = [];
    for (let n = 0; n < 20; n += 1) runs.push(await aRun());
    let reads = 0;
    const counting = Object.assign(Object.create(mountedFiles) as typeof mountedFiles, {
      readEnd: (file: string, bytes: number) => {
        if (runs.some((run) => run.file === file)) reads += 1;
        return mountedFiles.readEnd(file, bytes);
      },
    });
    await Promise.all([1, 2, 3].map(() => look({ filesOf: () => counting })));
    expect(reads).toBe(20);

    const ids = runs.map(({ runId }) => runId);
    await queryRows(
      workshop.db,
      sql`UPDATE run SET status = 'COLLECTING_RESULTS' WHERE id = ANY(${ids}::bigint[]) RETURNING id`,
    );
    await aRun();
    await look();
    expect(
      await queryRow(
        workshop.db,
        sql`SELECT count(*)::int AS n FROM run_progress WHERE run_id = ANY(${ids}::bigint[])`,
      ),
    ).toEqual({ n: 0 });
  });
});
