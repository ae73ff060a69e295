import { mountedFiles } from '@meridian/hpc';
import { rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { runHistory, runRow, type RunOptions, type StepOptions } from '@meridian/ops-db/testing';
import { Workshop, type Remains } from '../testing/workshop.js';
import { CollectResultsPass } from './collect-results.pass.js';

const NEVER = new AbortController().signal;
const RULES = { hashPolicy: 'full', recordGraceSeconds: 30, diskPatienceSeconds: 120 } as const;

describe('CollectResultsPass', () => {
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await Workshop.open();
  });
  afterAll(() => workshop.close());

  const collect = () =>
    new CollectResultsPass({
      filesOf: () => mountedFiles,
      dataSource: workshop.database.dataSource,
      actor: 'collector',
      logger: workshop.logger,
      rules: RULES,
      leaseSeconds: 60,
      batchSize: 200,
    }).run(NEVER);

  /** One run with these remains, collected; what became of it. */
  const collected = async (
    remains: Remains | null,
    options: { step?: StepOptions; run?: RunOptions; end?: Parameters<Workshop['ended']>[1] } = {},
  ) => {
    const run = await workshop.aRun({ step: await workshop.aStep(options.step), ...options.run });
    if (remains !== null) await workshop.leave(run, remains);
    await workshop.ended(run, options.end ?? { state: 'COMPLETED', exitCode: 0 });
    await collect();
    return { run, row: await runRow(workshop.db, run.runId) };
  };

  it('registers what a job made and completes its run', async () => {
    const files = {
      'science/map.fits': 'map',
      'plots/map.png': 'plot',
      'metrics.json': '{"snr": {"value": 7, "unit": "dB"}}',
    };

    const { run, row } = await collected({ files });

    expect(row).toMatchObject({
      status: 'COMPLETED',
      lease_owner: null,
      moved_by: 'collector',
      moved_why: '2 products, 0 warnings',
    });
    expect(await workshop.products(run)).toEqual([
      { path: 'plots/map.png', type: 'PLOT' },
      { path: 'science/map.fits', type: 'SCIENCE' },
    ]);
    expect(
      await queryRows(workshop.db, sql`SELECT name, value, unit FROM run_metric WHERE run_id = ${run.runId}`),
    ).toEqual([{ name: 'snr', value: 7, unit: 'dB' }]);
  });

  it('completes with warnings when there is something to say', async () => {
    const { run, row } = await collected({
      files: { 'what.ever': 'x', 'warnings.json': '["edge clipped"]', 'metrics.json': '{"rms": NaN}' },
    });

    expect(row).toMatchObject({ status: 'COMPLETED_WITH_WARNINGS' });
    expect(
      await queryRows(workshop.db, sql`SELECT code FROM run_warning WHERE run_id = ${run.runId} ORDER BY id`),
    ).toEqual([{ code: 'metric.invalid' }, { code: 'output.unknown_type' }, { code: 'tool.warning' }]);
  });

  it.each<[string, Remains | null, Parameters<typeof collected>[1], object]>([
    [
      'a program that fails',
      { exitCode: 3, stderr: 'Traceback\nValueError: no\n' },
      {},
      {
        failure_class: 'SOFTWARE',
        failure_reason:
          'the program failed with exit code 3\nlast lines of stderr:\nTraceback\nValueError: no',
      },
    ],
    ['bad data', { exitCode: 65 }, {}, { failure_class: 'BAD_DATA' }],
    [
      'a promised output that is missing',
      {},
      { step: { outputs: { required: [{ pattern: '*.fits' }] } } },
      { failure_class: 'CONTRACT', failure_reason: 'no output matches the promised *.fits' },
    ],
    [
      'a promised metric that is missing',
      {},
      { step: { outputs: { metrics: ['snr'] } } },
      { failure_class: 'CONTRACT', failure_reason: 'the promised metric snr was not measured' },
    ],
    [
      'a product that was announced and not made',
      { files: { 'products.json': '{"products": [{"path": "a.fits"}]}' } },
      {},
      { failure_class: 'CONTRACT' },
    ],
    [
      'memory at its cap',
      { exitCode: 137 },
      { end: { state: 'OUT_OF_MEMORY' } },
      {
        failure_class: 'MEMORY',
        failure_reason: expect.stringMatching(/^not retried, memory is at its cap already: /),
      },
    ],
    [
      'a cancellation at the site',
      { exitCode: 143, record: { was_stopped: true } },
      { end: { state: 'CANCELLED' } },
      { failure_class: 'CANCELLED_EXTERNALLY' },
    ],
    [
      'a node failure when all attempts are used up',
      null,
      { end: { state: 'NODE_FAIL', secondsAgo: 60 }, run: { failureCount: 2 } },
      { failure_class: 'INFRASTRUCTURE', failure_count: 3 },
    ],
  ])('fails a run for %s', async (_, remains, options, expected) => {
    const { run, row } = await collected(remains, options);

    expect(row).toMatchObject({ status: 'FAILED', lease_owner: null, ...expected });
    expect(await workshop.products(run)).toEqual([]);
  });

  it.each<[string, Remains | null, Parameters<typeof collected>[1], object]>([
    ['a dead node', null, { end: { state: 'NODE_FAIL', secondsAgo: 60 } }, { memory_mb: 1024 }],
    ['a full disk', null, { end: { state: 'FAILED', exitCode: 115, secondsAgo: 60 } }, { memory_mb: 1024 }],
    ['try again later', { exitCode: 75 }, {}, { memory_mb: 1024 }],
    [
      'too little memory',
      { exitCode: 137 },
      { end: { state: 'OUT_OF_MEMORY' }, step: { maxMemoryMb: 1500 } },
      { memory_mb: 1500 },
    ],
    [
      'too little time',
      { exitCode: 143 },
      { end: { state: 'TIMEOUT' }, step: { maxWalltimeMinutes: 100 } },
      { walltime_minutes: 90 },
    ],
    [
      'an exit code that its version declares',
      { exitCode: 9 },
      { step: { retry: { classes: { SOFTWARE: { retry: true } } } } },
      { memory_mb: 1024 },
    ],
    ['a record that is of another attempt', { record: { token: 'mrd-0-1' } }, {}, { memory_mb: 1024 }],
    ['a record that cannot be read', { record: { files: 'none' } }, {}, { memory_mb: 1024 }],
    [
      'a file that is smaller than recorded',
      {
        record: { files: [{ path: 'a', size_bytes: 5, mtime: 1, sha256: 'a'.repeat(64) }] },
        files: { a: 'abc' },
      },
      {},
      { memory_mb: 1024 },
    ],
    [
      'a file that was changed',
      {
        record: { files: [{ path: 'a', size_bytes: 3, mtime: 1, sha256: 'a'.repeat(64) }] },
        files: { a: 'abc' },
      },
      {},
      { memory_mb: 1024 },
    ],
  ])('tries a run again after %s', async (_, remains, options, expected) => {
    const { run, row } = await collected(remains, options);

    expect(row).toMatchObject({ status: 'PENDING', failure_count: 1, lease_owner: null, ...expected });
    expect(await runHistory(workshop.db, run.runId)).toEqual(['COLLECTING_RESULTS', 'FAILED', 'PENDING']);
    expect(await workshop.products(run)).toEqual([]);
  });

  it('keeps what a failed attempt used', async () => {
    const { run } = await collected({ exitCode: 1 }, { end: { state: 'FAILED', exitCode: 1 } });

    expect(
      await queryRow(
        workshop.db,
        sql`SELECT host, exit_code, cpu_seconds, failure_class FROM attempt WHERE run_id = ${run.runId}`,
      ),
    ).toEqual({
      host: 'node1',
      exit_code: 1,
      cpu_seconds: 1.5,
      failure_class: 'SOFTWARE',
    });
  });

  it('tells why the site ended a job, when it says so', async () => {
    const reason = 'it could never start: PartitionTimeLimit';

    const { run } = await collected(null, { end: { state: 'LAUNCH_FAILED', reason, secondsAgo: 60 } });

    expect(
      await queryRow(workshop.db, sql`SELECT failure_class, reason FROM attempt WHERE run_id = ${run.runId}`),
    ).toEqual({
      failure_class: 'INFRASTRUCTURE',
      reason: `the site could not start the job (the site says: ${reason})`,
    });
  });

  it('waits for a record that a network file system shows late', async () => {
    const { run, row } = await collected(null);
    expect(row).toMatchObject({ status: 'COLLECTING_RESULTS', lease_owner: 'collector' });
    expect(await collect()).toBe(0);

    await workshop.leave(run, { files: { 'a.fits': 'a' } });
    await workshop.expireLeases();
    await collect();

    expect(await runRow(workshop.db, run.runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('waits for a disk that does not answer, then gives the attempt up', async () => {
    const { run } = await collected({});
    const gone = await workshop.aRun();
    await workshop.ended(gone, { state: 'COMPLETED', secondsAgo: 60 });
    await symlink('/nowhere', path.join(workshop.basePath, gone.directory, 'result.json'));
    await collect();
    expect([
      (await runRow(workshop.db, run.runId))['status'],
      (await runRow(workshop.db, gone.runId))['status'],
    ]).toEqual(['COMPLETED', 'COLLECTING_RESULTS']);

    await workshop.ended(gone, { state: 'COMPLETED', secondsAgo: 600 });
    await workshop.expireLeases();
    await collect();

    expect(
      await queryRow(workshop.db, sql`SELECT failure_class FROM attempt WHERE run_id = ${gone.runId}`),
    ).toEqual({ failure_class: 'COLLECTION' });
  });

  it('never follows a link that a tool put in the place of a recorded file', async () => {
    const run = await workshop.aRun();
    await workshop.leave(run, { files: { 'metrics.json': '{"secret": 1}' } });
    const file = path.join(workshop.basePath, run.directory, 'output/metrics.json');
    await rm(file);
    await writeFile(path.join(workshop.basePath, 'elsewhere.json'), '{"secret": 1}');
    await symlink(path.join(workshop.basePath, 'elsewhere.json'), file);
    await collect();

    expect(
      await queryRow(workshop.db, sql`SELECT failure_class FROM attempt WHERE run_id = ${run.runId}`),
    ).toEqual({ failure_class: 'COLLECTION' });
    expect(
      await queryRows(workshop.db, sql`SELECT name FROM run_metric WHERE run_id = ${run.runId}`),
    ).toEqual([]);
  });

  it('cancels a run whose job was stopped because somebody asked for it', async () => {
    const { row } = await collected(
      { exitCode: 143 },
      { run: { cancelRequestedAt: new Date() }, end: { state: 'CANCELLED' } },
    );

    expect(row).toMatchObject({
      status: 'CANCELLED',
      failure_class: null,
      moved_why: 'cancelled by token:test',
    });
  });

  it('keeps the results of a job that was done before it could be stopped', async () => {
    const { run, row } = await collected(
      { files: { 'a.fits': 'a' } },
      { run: { cancelRequestedAt: new Date() } },
    );

    expect(row).toMatchObject({ status: 'COMPLETED' });
    expect(await workshop.products(run)).toHaveLength(1);
  });
});
