import { sql } from '@meridian/core';
import { queryRow, queryRows } from '@meridian/ops-db';
import { aPipeline, openTestDatabase, type TestDatabase } from '@meridian/ops-db/testing';
import pino from 'pino';
import { FireCronPass } from './fire-cron.pass.js';

describe('FireCronPass', () => {
  let test: TestDatabase;
  let clock: Date;
  beforeAll(async () => {
    test = await openTestDatabase(10);
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE pipeline CASCADE');
    clock = new Date('2026-05-01T12:00:00Z');
  });

  const aPass = (): FireCronPass =>
    new FireCronPass({
      dataSource: test.dataSource,
      logger: pino({ level: 'silent' }),
      now: () => Promise.resolve(clock),
    });
  const tick = (pass = aPass()): Promise<number> => pass.run(new AbortController().signal);
  const tickAt = (time: string): Promise<number> => {
    clock = new Date(time);
    return tick();
  };
  const daily = (more: { expression?: string; timezone?: string; enabled?: boolean } = {}) =>
    aPipeline(test.dataSource.manager, {
      trigger: 'CRON',
      schedule: { expression: more.expression ?? '0 6 * * *', timezone: more.timezone ?? 'UTC' },
      cronDueAt: new Date('2026-05-01T11:00:00.123Z'),
      enabled: more.enabled ?? true,
    });
  const requests = () =>
    queryRows<{ pipeline: number; by: string; selection: object; force: boolean }>(
      test.dataSource.manager,
      sql`SELECT pipeline_id AS pipeline, requested_by AS by, selection, force FROM trigger_request ORDER BY id`,
    );
  const dueAt = async (pipelineId: number): Promise<string | undefined> =>
    (
      await queryRow<{ due: Date }>(
        test.dataSource.manager,
        sql`SELECT cron_due_at AS due FROM pipeline WHERE id = ${pipelineId}`,
      )
    )?.due.toISOString();

  it('asks for all gaps at each due time, once', async () => {
    const { pipelineId } = await daily();
    expect([await tickAt('2026-05-02T05:59:59.999Z'), await requests()]).toEqual([0, []]);

    expect([await tickAt('2026-05-02T06:00:00Z'), await tickAt('2026-05-02T06:00:01Z')]).toEqual([1, 0]);
    expect(await requests()).toEqual([{ pipeline: pipelineId, by: 'cron', selection: {}, force: false }]);
    expect(await dueAt(pipelineId)).toBe('2026-05-02T06:00:00.000Z');

    expect([await tickAt('2026-05-03T06:00:00Z'), (await requests()).length]).toEqual([1, 2]);
  });

  it('makes up once for all that was missed while nobody was there', async () => {
    const { pipelineId } = await daily();
    expect([await tickAt('2026-05-09T14:00:00Z'), await tick(), (await requests()).length]).toEqual([
      1, 0, 1,
    ]);
    expect(await dueAt(pipelineId)).toBe('2026-05-09T06:00:00.000Z');
  });

  it('fires a due time once, however many replicas see it at the same time', async () => {
    for (let n = 0; n < 5; n += 1) await daily();
    clock = new Date('2026-05-02T06:00:00Z');
    const fired = await Promise.all(Array.from({ length: 8 }, () => tick()));
    expect(fired.reduce((sum, one) => sum + one, 0)).toBe(5);
    expect(new Set((await requests()).map((one) => one.pipeline)).size).toBe(5);
    expect(await requests()).toHaveLength(5);
  });

  it.each([
    ['disabled', 'enabled = false', 'enabled = true'],
    ['paused', `paused_at = now(), paused_by = 'ada'`, 'paused_at = NULL, paused_by = NULL'],
  ])('lets nothing pile up while a pipeline is %s, and makes up for it once', async (_, hold, release) => {
    await daily();
    await test.dataSource.query(`UPDATE pipeline SET ${hold}`);
    const held = [await tickAt('2026-05-02T06:00:00Z'), await tickAt('2026-05-03T06:00:00Z')];
    expect([held, await requests()]).toEqual([[0, 0], []]);

    await test.dataSource.query(`UPDATE pipeline SET ${release}`);
    expect([await tickAt('2026-05-03T09:00:00Z'), await tick(), (await requests()).length]).toEqual([
      1, 0, 1,
    ]);
  });

  it('leaves pipelines with other triggers alone', async () => {
    await aPipeline(test.dataSource.manager, { trigger: 'MANUAL' });
    await aPipeline(test.dataSource.manager);
    expect([await tickAt('2026-06-01T06:00:00Z'), await requests()]).toEqual([0, []]);
  });

  it('keeps firing the others when one has a zone that nobody knows', async () => {
    await daily({ timezone: 'Mars/Olympus' });
    const { pipelineId } = await daily();
    expect(await tickAt('2026-05-02T06:00:00Z')).toBe(1);
    expect((await requests()).map((one) => one.pipeline)).toEqual([pipelineId]);
  });

  it('wants to be woken when the next one is due, and leaves what is far away to the poll', async () => {
    const pass = aPass();
    await tick(pass);
    expect(pass.nextInMs()).toBeNull();

    await daily({ expression: '0 6 1 1 *' });
    await tick(pass);
    expect(pass.nextInMs()).toBeNull();

    await daily({ expression: '10 14 * * *', timezone: 'Europe/Berlin' });
    await tick(pass);
    const wish = pass.nextInMs() ?? NaN;
    expect(wish).toBeLessThanOrEqual(600_000);
    expect(wish).toBeGreaterThan(590_000);
  });

  it('knows the day on which the clocks skip the time that it is due', async () => {
    await daily({ expression: '30 2 * * *', timezone: 'Europe/Berlin' });
    await queryRows(test.dataSource.manager, sql`UPDATE pipeline SET cron_due_at = '2027-03-27T12:00:00Z'`);
    expect([await tickAt('2027-03-28T00:59:59Z'), await tickAt('2027-03-28T01:00:00Z')]).toEqual([0, 1]);
    expect([await tickAt('2027-03-28T02:00:00Z'), await tickAt('2027-03-29T00:30:00Z')]).toEqual([0, 1]);
  });
});
