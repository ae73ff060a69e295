import { sql } from '@meridian/core';
import { Random } from '@meridian/core/testing';
import { driftOf, loadEvaluableSteps, queryRow, queryRows, selectionOf } from '@meridian/ops-db';
import { Operator } from '../testing/operator.js';
import { HOUR, MINUTE, SECOND, SurveyWorld, type SurveyFile } from '../testing/survey-world.js';

const SUBBANDS = Array.from({ length: 16 }, (_, index) => `sb${String(index).padStart(2, '0')}`);

/** With 60 s of jitter to both sides, files of one observation are up to 120 s apart. */
const gather = (change: object = {}) => ({
  name: 'gather',
  group_by: {
    by: [],
    cluster: {
      tolerance: '120 s',
      slots: { dim: 'subband', values: SUBBANDS, minimum: 12 },
      on_missing: 'accept',
      on_duplicate: 'last',
      close_after: '10 min',
      ...change,
    },
  },
});

const subbandFiles = (observation: number, at: number, subbands = SUBBANDS): SurveyFile[] =>
  subbands.map((subband) => ({
    name: `${String(observation).padStart(3, '0')}_${subband}.hdf5`,
    dims: { subband },
    at,
  }));

describe('observations of several files', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
  });
  afterEach(() => world.close());

  const tally = async (): Promise<Record<string, number>> => {
    const tallied: Record<string, number> = {};
    for (const { state, report } of await world.subGroups('gather')) {
      const what = `${state} ${JSON.stringify(report['form'])}`;
      tallied[what] = (tallied[what] ?? 0) + 1;
    }
    return tallied;
  };

  /** What a comparison with a look at everything finds wrong. */
  const drift = async (): Promise<number> => {
    const pipeline = await queryRow<{ id: number }>(world.db, sql`SELECT id FROM pipeline`);
    const [step] = await loadEvaluableSteps(world.db, pipeline?.id ?? 0);
    if (step === undefined) throw new Error('there is no step');
    return driftOf(world.db, selectionOf(step, world.clock), world.clock);
  };

  /** Files that are in no sub-group, and that no report names as set aside. */
  const unaccounted = async (): Promise<number | undefined> =>
    (
      await queryRow<{ count: number }>(
        world.db,
        sql`SELECT count(*)::int AS count FROM data_item item WHERE kind = 'RAW_DATA_FILE'
              AND NOT EXISTS (SELECT FROM sub_group_member held WHERE held.item_id = item.id)
              AND NOT EXISTS (SELECT FROM sub_group g, jsonb_path_query(g.report, '$.duplicates[*].set_aside[*]') aside WHERE aside = to_jsonb(item.id))`,
      )
    )?.count;

  it('280 of them, in any order and with jittering clocks, give 279 runs, one refusal that says why, and lose no file', async () => {
    await world.define([gather()]);
    const random = new Random(20_270_501);
    const isPartial = new Map([
      [10, 14],
      [100, 12],
      [200, 11],
    ]);
    const jittered = (observation: number): SurveyFile[] =>
      subbandFiles(observation, 0, SUBBANDS.slice(0, isPartial.get(observation) ?? 16)).map((file) => ({
        ...file,
        at: (observation * 309 + random.whole(-60, 60)) * SECOND,
      }));
    const twice = [3, 77].map((observation) => ({
      name: `${observation}_again.hdf5`,
      dims: { subband: 'sb05' },
      at: (observation * 309 + 60) * SECOND,
    }));
    const inOrder = Array.from({ length: 280 }, (_, observation) => jittered(observation)).flat();
    const files = [...inOrder, ...twice]
      .map((file) => ({ file, rank: random.next() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ file }) => file);
    let fired = 0;
    for (let from = 0; from < files.length; from += 750) {
      await world.ingest(files.slice(from, from + 750));
      fired += await world.evaluate();
    }
    expect([fired, await tally()]).toEqual([
      277,
      { 'running "complete"': 277, 'incomplete "collecting"': 3 },
    ]);

    world.pass(10 * MINUTE);
    fired += await world.evaluate();

    expect([fired, await unaccounted()]).toEqual([279, 0]);
    expect(await tally()).toEqual({
      'running "complete"': 277,
      'running "partial"': 2,
      'incomplete "refused"': 1,
    });
    const sizes = (await world.runs('gather')).map(({ inputs }) => inputs.length);
    expect([sizes.filter((size) => size === 16).length, sizes.filter((size) => size < 16).sort()]).toEqual([
      277,
      [12, 14],
    ]);
    const [refused] = (await world.subGroups('gather')).filter(({ report }) => report['form'] === 'refused');
    expect(refused).toMatchObject({
      members: 11,
      detail: {
        form: 'refused',
        reason: 'has 11 of 16 subband, at least 12 are needed',
        missing: SUBBANDS.slice(11),
      },
    });
    expect([await world.evaluate(), await world.evaluate()]).toEqual([0, 0]);
  });

  it('of two files of one slot the last is taken and the other is named', async () => {
    await world.define([gather()]);
    await world.ingest([
      ...subbandFiles(1, 0),
      { name: 'again.hdf5', dims: { subband: 'sb05' }, at: 30 * SECOND },
    ]);
    await world.evaluate();
    const [run] = await world.runs('gather');
    expect(run?.inputs).toHaveLength(16);
    expect(run?.inputs).toContain('again.hdf5');
    expect(run?.inputs).not.toContain('001_sb05.hdf5');
    expect(await unaccounted()).toBe(0);
  });

  it('a late file reopens the one that it belongs to, and no other', async () => {
    await world.define([gather()]);
    const observations = [0, 1, 2].flatMap((n) =>
      subbandFiles(n, n * 5 * MINUTE, n === 1 ? SUBBANDS.slice(0, 14) : SUBBANDS),
    );
    await world.ingest(observations);
    world.pass(10 * MINUTE);
    expect(await world.evaluate()).toBe(3);
    await world.complete('gather');
    await world.evaluate();
    expect(await world.states('gather')).toEqual(['current', 'current', 'current']);

    await world.ingest(subbandFiles(1, 5 * MINUTE + 40 * SECOND, ['sb14']));
    expect([await world.evaluate(), await world.states('gather')]).toEqual([
      0,
      ['current', 'incomplete', 'current'],
    ]);
    expect((await world.subGroups('gather'))[1]).toMatchObject({
      detail: { form: 'collecting', present: 15, missing: ['sb15'] },
    });
    await world.ingest(subbandFiles(1, 5 * MINUTE + 40 * SECOND, ['sb15']));

    expect(await world.evaluate()).toBe(1);
    const last = (await world.runs('gather')).at(-1);
    expect([last?.inputs.length, last?.causes]).toEqual([16, ['input_added']]);
    expect(await world.states('gather')).toEqual(['current', 'running', 'current']);
  });

  it('two of them 50 s apart are reported as ambiguous, and none of their files runs or is dropped', async () => {
    await world.define([gather({ tolerance: '60 s' })]);
    await world.ingest([...subbandFiles(0, 0), ...subbandFiles(1, 50 * SECOND), ...subbandFiles(2, HOUR)]);
    world.pass(HOUR);

    expect(await world.evaluate()).toBe(1);

    expect(
      (await world.runs('gather')).flatMap(({ inputs }) => inputs.map((name) => name.slice(0, 3))),
    ).toEqual(Array.from({ length: 16 }, () => '002'));
    const ambiguous = (await world.subGroups('gather')).filter(({ state }) => state === 'incomplete');
    expect(ambiguous.reduce((total, { members }) => total + members, 0)).toBe(32);
    for (const { detail } of ambiguous)
      expect(detail).toMatchObject({ form: 'ambiguous', reason: expect.stringContaining('60 s') });
    expect(await unaccounted()).toBe(0);
  });

  it.each([
    ['accept', 1, 'running', 'partial'],
    ['refuse', 0, 'incomplete', 'refused'],
    ['wait', 0, 'incomplete', 'expired'],
  ] as const)('time alone closes what is collecting: %s', async (onMissing, runs, state, form) => {
    await world.define([gather({ on_missing: onMissing })]);
    await world.ingest(subbandFiles(0, 0, SUBBANDS.slice(2)));
    await world.evaluate();
    const [collecting] = await world.subGroups('gather');
    expect(collecting).toMatchObject({ state: 'incomplete', report: { form: 'collecting' } });

    world.clock = new Date((collecting?.until?.getTime() ?? NaN) - 2);
    expect(await world.evaluate()).toBe(0);
    world.pass(1);
    expect(await world.evaluate()).toBe(runs);
    expect(await world.subGroups('gather')).toMatchObject([
      { state, report: { form, missing: ['sb00', 'sb01'] } },
    ]);
  });

  it.each([
    ['with enough of its slots is run', 'accept', 12, 'running'],
    ['with too few is not', 'accept', 11, 'incomplete'],
    ['that must be whole is not', 'refuse', 12, 'incomplete'],
    ['that is waited for is not', 'wait', 12, 'incomplete'],
  ] as const)(
    'of a grouping that somebody closes, one that collects %s',
    async (_, onMissing, slots, state) => {
      await world.define([gather({ on_missing: onMissing })]);
      await world.ingest(subbandFiles(0, 0, SUBBANDS.slice(0, slots)));
      await world.evaluate();
      expect(await world.states('gather')).toEqual(['incomplete']);
      await new Operator(world).closeWhere({});
      await world.evaluate();
      expect(await world.states('gather')).toEqual([state]);
      await world.complete('gather');
      await world.evaluate();
      world.pass(10 * MINUTE);
      await world.evaluate();
      expect(await world.states('gather')).toEqual([state === 'running' ? 'current' : 'incomplete']);
      expect(await drift()).toBe(0);
    },
  );

  it('files without a time or a slot are shown and run with nothing', async () => {
    await world.define([gather()]);
    await world.ingest([
      ...subbandFiles(0, 0),
      { name: 'timeless.hdf5', dims: { subband: 'sb03' } },
      { name: 'slotless.hdf5', at: 0 },
    ]);
    expect(await world.evaluate()).toBe(1);
    const lost = (await world.subGroups('gather')).filter(({ state }) => state === 'incomplete');
    expect(lost).toMatchObject([{ dims: { cluster: null }, members: 2 }]);

    await queryRows(
      world.db,
      sql`UPDATE data_item SET dims = dims || '{"subband": "sb05"}', changed_at = ${world.clock} WHERE name = 'slotless.hdf5'`,
    );
    await world.evaluate();
    expect((await world.subGroups('gather')).map(({ members }) => members).sort()).toEqual([1, 16]);
    expect(await unaccounted()).toBe(0);
  });
});
