import { sql, type JsonObject } from '@meridian/core';
import { planPipeline, queryRows, type PipelinePlan } from '@meridian/ops-db';
import { dumpDatabase } from '@meridian/ops-db/testing';
import { applyDefinitions } from '../testing/apply-definitions.js';
import { mosaic, proposal, PROPOSALS, reduce, version } from '../testing/proposals.js';
import { MINUTE, SurveyWorld } from '../testing/survey-world.js';

describe('planPipeline', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
  });
  afterEach(() => world.close());

  /** Three nights with two bands each: night 1 done, night 2 done and changed since, night 3 new. */
  const threeNights = async (): Promise<void> => {
    await world.define([reduce(), mosaic()], { software: [version('1.0.0')] });
    const night = (n: number) =>
      ['b', 'r'].map((band, i) => ({
        name: `${n}${band}`,
        dims: { night: n, band },
        at: n * 60 * MINUTE + i * 1000,
      }));
    await world.ingest([...night(1), ...night(2)]);
    for (const step of ['reduce', 'mosaic']) {
      await world.evaluate();
      await world.complete(step);
    }
    await world.evaluate();
    await world.rewrite('2b');
    await world.ingest(night(3));
    await world.ingest([
      { name: 'dark', dims: { dataset: 'darks' }, at: 0 },
      { name: 'bandless', dims: { night: 4 }, at: null },
    ]);
  };

  const plan = async (document: JsonObject | null, sample = 10): Promise<PipelinePlan> => {
    const planned = await planPipeline(world.db.connection, {
      nameOrId: 'main',
      propose:
        document === null
          ? null
          : () =>
              Promise.resolve({
                apply: (copy) => applyDefinitions(copy, document),
                hasAssociations: JSON.stringify(document).includes('associations'),
              }),
      sample,
      now: world.clock,
    });
    if (planned === undefined) throw new Error('there is no pipeline main');
    return planned;
  };
  const step = (planned: PipelinePlan, name: string) => {
    const found = planned.steps.find((one) => one.name === name);
    if (found === undefined) throw new Error(`the plan has no step ${name}`);
    return found;
  };
  const sampled = (planned: PipelinePlan, name: string) =>
    planned.sample
      .filter(({ stepId }) => stepId === step(planned, name).id)
      .map(({ dims, before, after, causes, planned: run }) => ({ dims, before, after, causes, run }));
  const counts = (states: readonly string[]) =>
    Object.fromEntries(
      [...new Set(states)].map((state) => [state, states.filter((s) => s === state).length]),
    );

  it('says what an evaluation would find and run, and what would follow', async () => {
    await threeNights();
    const planned = await plan(null);
    expect(step(planned, 'reduce')).toMatchObject({
      before: { current: 2 },
      after: { current: 1, stale: 1, missing: 2 },
      added: 2,
      gone: 0,
      runs: { now: 3 },
      inputBytes: 500,
    });
    expect(step(planned, 'mosaic')).toMatchObject({
      before: { current: 2 },
      after: { current: 1, blocked: 3 },
      runs: { follows: 3 },
    });
    expect(sampled(planned, 'reduce')).toEqual([
      { dims: { night: 2 }, before: 'current', after: 'stale', causes: ['input_changed'], run: 'now' },
      { dims: { night: 3 }, before: null, after: 'missing', causes: [], run: 'now' },
      { dims: { night: 4 }, before: null, after: 'missing', causes: [], run: 'now' },
      { dims: { night: 1 }, before: 'current', after: 'current', causes: [], run: null },
    ]);
    expect((await plan(null, 1)).sample).toHaveLength(2);
  });

  it('what waits for somebody does not follow', async () => {
    await threeNights();
    await world.evaluate();
    await queryRows(world.db, sql`UPDATE run SET status = 'STAGING_DATA' WHERE status = 'PENDING'`);
    await queryRows(
      world.db,
      sql`UPDATE run SET status = 'FAILED', failure_class = 'BAD_DATA', failure_reason = 'clouds', finished_at = now() WHERE status = 'STAGING_DATA'`,
    );
    const planned = await plan(null);
    expect(step(planned, 'reduce')).toMatchObject({ after: { current: 1, failed: 3 }, runs: {} });
    expect(step(planned, 'mosaic')).toMatchObject({ after: { current: 1, blocked: 3 }, runs: {} });
  });

  it('what takes what is available follows although it is current, and so does what comes after it', async () => {
    const steps = [
      reduce(),
      mosaic({ upstream_policy: 'available' }),
      { name: 'report', depends_on: ['mosaic'], group_by: [] },
    ];
    await world.define(steps);
    await world.ingest([{ name: 'a', dims: { night: 1 } }]);
    for (const name of ['reduce', 'mosaic', 'report']) {
      await world.evaluate();
      await world.complete(name);
    }
    await world.evaluate();
    await world.rewrite('a');
    const planned = await plan(null);
    expect(planned.steps.map(({ after, runs }) => [after, runs])).toEqual([
      [{ stale: 1 }, { now: 1 }],
      [{ current: 1 }, { follows: 1 }],
      [{ current: 1 }, { follows: 1 }],
    ]);
  });

  it('counts what waits for time apart', async () => {
    await world.define([reduce({ settle_seconds: 3600 }), mosaic()]);
    await world.ingest([{ name: 'a', dims: { night: 1 } }]);
    const planned = await plan(null);
    expect(planned.steps.map(({ after, runs }) => [after, runs])).toEqual([
      [{ settling: 1 }, { later: 1 }],
      [{ blocked: 1 }, { follows: 1 }],
    ]);
  });

  it('knows what runs of a step took', async () => {
    await threeNights();
    expect(step(await plan(null), 'reduce').history).toBeNull();
    await queryRows(world.db, sql`UPDATE attempt SET elapsed_seconds = 60 * run_id, cpus = 2`);
    const ids = (await world.runs('reduce')).map(({ id }) => id).sort((a, b) => a - b);
    const [first = 0, second = 0] = ids;
    expect(step(await plan(null), 'reduce').history).toEqual({
      samples: 2,
      elapsedSeconds: {
        p10: expect.closeTo(60 * (0.9 * first + 0.1 * second)) as number,
        p50: expect.closeTo(30 * (first + second)) as number,
        p90: expect.closeTo(60 * (0.1 * first + 0.9 * second)) as number,
      },
      coreSeconds: expect.objectContaining({
        p50: expect.closeTo(60 * (first + second)) as number,
      }) as object,
    });
  });

  it.each<[string, JsonObject | null]>([['nothing', null], ...PROPOSALS])(
    'leaves the database as it was, to the last sequence: %s',
    async (_, document) => {
      await threeNights();
      const before = await dumpDatabase(world.db);
      expect(before.get('public.sub_group')?.length).toBeGreaterThan(0);
      await plan(document);
      expect(await dumpDatabase(world.db)).toEqual(before);
    },
  );

  it.each<[string, JsonObject | null]>([['nothing', null], ...PROPOSALS])(
    'predicts the states that come when it is applied: %s',
    async (_, document) => {
      await threeNights();
      const planned = await plan(document, 1000);
      if (document !== null) await world.db.transaction((manager) => applyDefinitions(manager, document));
      await queryRows(world.db, sql`UPDATE pipeline SET trigger_type = 'MANUAL'`);
      world.pass(-1);
      await world.evaluate();
      const living = planned.steps.filter(({ isRetired }) => !isRetired);
      const seen = await Promise.all(living.map(({ name }) => world.subGroups(name)));
      expect(living.map(({ after }) => after)).toEqual(
        seen.map((rows) => counts(rows.map(({ state }) => state))),
      );
      expect(
        living
          .flatMap(({ name }) => sampled(planned, name).filter(({ after }) => after !== null))
          .map(described),
      ).toEqual(expect.arrayContaining(seen.flat().map(described)));
    },
  );

  it('does not hold up an evaluation, nor does one hold it up', async () => {
    await threeNights();
    await world.db.transaction(async (evaluating) => {
      await queryRows(
        evaluating,
        sql`SELECT pg_advisory_xact_lock(hashtext('meridian.evaluate'), id::integer), pg_advisory_xact_lock(hashtext('meridian.definitions')) FROM pipeline`,
      );
      await queryRows(evaluating, sql`SELECT FROM sub_group FOR UPDATE`);
      await queryRows(evaluating, sql`SELECT FROM step_evaluation FOR UPDATE`);
      await queryRows(evaluating, sql`SELECT FROM reduction_step FOR UPDATE`);
      await queryRows(evaluating, sql`UPDATE pipeline SET revision = revision + 1`);
      expect(step(await plan(PROPOSALS[3]?.[1] ?? null), 'reduce').after).toEqual({ stale: 2, missing: 2 });
    });
    let fired = 0;
    await planPipeline(world.db.connection, {
      nameOrId: 'main',
      propose: () =>
        Promise.resolve({
          hasAssociations: false,
          apply: async (copy) => {
            await applyDefinitions(copy, PROPOSALS[2]?.[1] ?? {});
            fired = await world.evaluate();
          },
        }),
      sample: 10,
      now: world.clock,
    });
    expect(fired).toBe(3);
  });

  it('looks at everything where what was added up before cannot be, and leaves that to an evaluation', async () => {
    await threeNights();
    await queryRows(
      world.db,
      sql`UPDATE data_item SET dims = dims || '{"night": 7}', changed_at = ${world.clock} WHERE name = '1b'`,
    );
    const sound = await plan(null);
    await queryRows(world.db, sql`UPDATE sub_group SET member_count = 0 WHERE dims @> '{"night": 1}'`);
    const before = await dumpDatabase(world.db);

    expect(await plan(null)).toEqual(sound);
    expect(step(await plan(PROPOSALS[3]?.[1] ?? null), 'reduce').after).toEqual({ stale: 2, missing: 3 });
    expect(await dumpDatabase(world.db)).toEqual(before);
    await expect(world.evaluate()).rejects.toThrow('would have fewer than no members');
  });

  it('statements that were prepared before it and after it find the right tables, in sessions that had temporary ones, too', async () => {
    await threeNights();
    const sessions = [1, 2, 3, 4, 5].map(() => world.db.connection.createQueryRunner());
    for (const session of sessions) await session.query('CREATE TEMPORARY TABLE of_this_session ()');
    for (const session of sessions) await session.release();
    const before = await dumpDatabase(world.db);
    for (let i = 0; i < 5; i += 1)
      expect(step(await plan(PROPOSALS[3]?.[1] ?? null), 'reduce').after).toEqual({ stale: 2, missing: 2 });
    expect(await dumpDatabase(world.db)).toEqual(before);
    for (let i = 0; i < 8; i += 1) await plan(PROPOSALS[i]?.[1] ?? null);
    expect(await world.evaluate()).toBe(3);
    for (let i = 0; i < 8; i += 1) await plan(PROPOSALS[i]?.[1] ?? null);
    await world.complete('reduce');
    expect(await world.evaluate()).toBe(3);
    expect(counts(await world.states('reduce'))).toEqual({ current: 4 });
  });

  it('plans a pipeline that is still to be made, and none that nobody proposes', async () => {
    await world.define([reduce()], { software: [version('1.0.0')] });
    await world.ingest([{ name: 'a', dims: { night: 1 } }]);
    const document = proposal([reduce()]);
    const [pipeline] = document['pipelines'] as readonly JsonObject[];
    const request = { nameOrId: 'second', sample: 10, now: world.clock };
    const planned = await planPipeline(world.db.connection, {
      ...request,
      propose: () =>
        Promise.resolve({
          apply: (copy) => applyDefinitions(copy, { pipelines: [{ ...pipeline, name: 'second' }] }),
          hasAssociations: false,
        }),
    });
    expect(planned?.steps).toMatchObject([
      { name: 'reduce', before: {}, after: { missing: 1 }, runs: { now: 1 } },
    ]);
    expect(await planPipeline(world.db.connection, { ...request, propose: null })).toBeUndefined();
  });
});

const described = ({
  dims,
  after,
  state,
  causes,
}: {
  dims: object;
  after?: string | null;
  state?: string;
  causes: readonly string[];
}): string => JSON.stringify([dims, after ?? state, causes]);
