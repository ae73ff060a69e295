import { sql, type JsonObject } from '@meridian/core';
import {
  becomeEvaluator,
  findItemStep,
  listItemGaps,
  queryRows,
  retryItems,
  type RetriedItems,
} from '@meridian/ops-db';
import pino from 'pino';
import { SurveyWorld, aVersion, type SurveyFile } from '../testing/survey-world.js';
import { ReconcileGapsPass } from './reconcile-gaps.pass.js';

const items = (count: number, from = 0): SurveyFile[] =>
  Array.from({ length: count }, (_, n) => ({ name: `${String(from + n).padStart(3, '0')}.fits` }));
const names = (...numbers: readonly number[]): string[] =>
  numbers.map((n) => `${String(n).padStart(3, '0')}.fits`);

const measure = { name: 'measure', group_by: { by: [], item: { bundle: 25 } } };

/** What a program says of one item; without a word it is ok. */
type Said = Readonly<Record<string, { readonly outcome: string; readonly failureClass?: string }>>;
const failed = (failureClass = ''): { outcome: string; failureClass: string } => ({
  outcome: 'failed',
  failureClass,
});

describe('items that are tried again', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
  });
  afterEach(() => world.close());

  const stepOf = async (step = 'measure') => {
    const [row] = await queryRows<{ pipeline: string }>(
      world.db,
      sql`SELECT pipeline.name AS pipeline FROM reduction_step step JOIN pipeline ON pipeline.id = step.pipeline_id WHERE step.name = ${step}`,
    );
    const found = await findItemStep(world.db, { pipeline: row?.pipeline ?? '', step });
    if (found === undefined) throw new Error(`there is no step ${step}`);
    return found;
  };
  const retry = async (asked: { classes?: string[]; itemIds?: number[] } = {}): Promise<RetriedItems> => {
    const step = await stepOf();
    const { classes = null, itemIds = null } = asked;
    return world.db.transaction((manager) =>
      retryItems(manager, { step, classes, itemIds, now: world.clock }),
    );
  };
  const gaps = async () =>
    listItemGaps(world.db, { stepId: (await stepOf()).id, itemIds: null, after: null, limit: 1000 });
  const gapNames = async (): Promise<string[]> => (await gaps()).map(({ name }) => name).sort();
  /** Ends every run that waits, its items as said. */
  const complete = async (said: Said = {}): Promise<void> => {
    const waiting = (await world.runs('measure')).filter(({ status }) => status === 'PENDING');
    await queryRows(
      world.db,
      sql`INSERT INTO item_outcome (run_id, item_id, outcome, reason, failure_class)
          SELECT run.id, member.item_id, coalesce(said ->> 'outcome', 'ok'), '', coalesce(said ->> 'failureClass', '')
          FROM run JOIN input_set_member member ON member.input_set_id = run.input_set_id JOIN data_item item ON item.id = member.item_id
          LEFT JOIN LATERAL (SELECT ${JSON.stringify(said)}::jsonb -> item.name AS said) words ON true
          WHERE run.id = ANY(${waiting.map(({ id }) => id)}::bigint[])`,
    );
    await world.complete('measure');
    await world.evaluate();
  };
  /** The inputs of the runs that wait. */
  const waiting = async (): Promise<string[][]> =>
    (await world.runs('measure'))
      .filter(({ status }) => status === 'PENDING')
      .map(({ inputs }) => [...inputs]);
  const start = async (count: number, said: Said, step: JsonObject = {}): Promise<void> => {
    await world.define([{ ...measure, ...step }]);
    await world.ingest(items(count));
    await world.evaluate();
    await complete(said);
  };
  const drifted = () =>
    new ReconcileGapsPass({
      dataSource: world.db.connection,
      logger: pino({ level: 'silent' }),
      now: () => Promise.resolve(new Date(world.clock.getTime() + 3_600_000)),
      everySeconds: 60,
    }).run();

  it('are exactly those that failed or went missing, of 100 in four shards, and nothing is processed twice', async () => {
    const bad = names(3, 7, 30, 99);
    const missing = names(50);
    await start(100, {
      ...Object.fromEntries(bad.map((name) => [name, failed('TRANSIENT')])),
      ...Object.fromEntries(missing.map((name) => [name, { outcome: 'missing' }])),
      ...Object.fromEntries(names(60).map((name) => [name, { outcome: 'skipped' }])),
    });
    expect(await gapNames()).toEqual([...bad, ...missing].sort());

    expect(await retry()).toEqual({ items: 5, shards: 1, notRetried: 0, pending: 0, isMore: false });
    expect(await world.evaluate()).toBe(1);
    expect(await waiting()).toEqual([[...bad, ...missing].sort()]);
    // Once more, while it is under way, and from two sides: nothing.
    expect(await retry()).toMatchObject({ items: 0, pending: 5 });
    await complete(Object.fromEntries(names(30).map((name) => [name, failed()])));

    expect(await gapNames()).toEqual(names(30));
    expect(await world.states('measure')).toEqual(['current', 'current', 'current', 'current', 'current']);
    const processed = (await world.runs('measure')).flatMap(({ inputs }) => inputs);
    expect(processed).toHaveLength(105);
    expect(await drifted()).toBe(0);
    expect(await world.evaluate()).toBe(0);
    expect(await retry()).toMatchObject({ items: 1, shards: 1 });
  });

  it('are those that a run of their class would be, unless a class is named', async () => {
    await start(10, {
      ...{ '000.fits': failed('BAD_DATA'), '001.fits': failed('out of luck'), '002.fits': failed('ROW') },
      '003.fits': failed('MEMORY'),
    });
    expect(await retry()).toMatchObject({ items: 2, notRetried: 2 });
    await world.evaluate();
    expect(await waiting()).toEqual([names(1, 3)]);
    await complete();

    expect(await retry()).toMatchObject({ items: 0, notRetried: 2 });
    expect(await retry({ classes: ['bad data'] })).toMatchObject({ items: 1, notRetried: 1 });
    await world.evaluate();
    expect(await waiting()).toEqual([names(0)]);
  });

  it('are as the step says, and may be named one by one', async () => {
    await start(
      10,
      { '000.fits': failed('BAD_DATA'), '001.fits': failed('BAD_DATA'), '002.fits': failed('TRANSIENT') },
      { retry: { classes: { BAD_DATA: { retry: true } } } },
    );
    const [first] = await gaps();
    expect(await retry({ itemIds: [first?.itemId ?? 0] })).toMatchObject({ items: 1 });
    expect(await retry()).toMatchObject({ items: 2, pending: 1 });
  });

  it('fill shards of the size of the bundle, which take nothing that arrives later', async () => {
    await start(60, Object.fromEntries(items(60).map(({ name }) => [name, failed()])));
    expect(await retry()).toMatchObject({ items: 60, shards: 3 });
    await world.ingest(items(2, 60));
    await world.evaluate();
    const sizes = (await waiting()).map((inputs) => inputs.length);
    expect(sizes.sort((a, b) => a - b)).toEqual([2, 10, 25, 25]);
  });

  it('belong to the shard that retries them when everything is run again', async () => {
    await start(30, { '003.fits': failed(), '028.fits': failed() });
    await retry();
    await world.evaluate();
    await complete();

    await world.define([measure], { software: [aVersion('2.0.0')] });
    await world.evaluate();

    const again = await waiting();
    expect(again.map((inputs) => inputs.length).sort((a, b) => a - b)).toEqual([2, 4, 24]);
    expect(again.flat().sort()).toEqual(items(30).map(({ name }) => name));
    await complete();
    expect(await world.evaluate()).toBe(0);
    expect(new Set(await world.states('measure'))).toEqual(new Set(['current']));
    expect(await drifted()).toBe(0);
  });

  it('leave a shard of which they are all with nothing to run', async () => {
    await start(2, { '000.fits': failed(), '001.fits': failed() });
    await retry();
    await world.evaluate();
    await complete();
    await world.define([measure], { software: [aVersion('2.0.0')] });
    await world.evaluate();
    expect(await waiting()).toEqual([names(0, 1)]);
    await complete();
    expect(await world.evaluate()).toBe(0);
    expect(await drifted()).toBe(0);
  });

  it('are not those that changed or left meanwhile', async () => {
    await start(30, { '003.fits': failed(), '028.fits': failed() });
    await world.rewrite('003.fits');
    await queryRows(world.db, sql`UPDATE data_item SET retired_at = now() WHERE name = '028.fits'`);
    await world.evaluate();
    // Its shard is at work again, with all of its items.
    expect(await retry()).toMatchObject({ items: 0, pending: 1 });
    await complete();
    expect(await gapNames()).toEqual([]);
  });

  it('wait for an evaluation that is at work, and are refused where items are not bundled', async () => {
    await start(5, { '003.fits': failed() });
    const { pipelineId } = await stepOf();
    await world.db.transaction(async (manager) => {
      expect(await becomeEvaluator(manager, pipelineId)).toBe(true);
      await expect(retry()).rejects.toMatchObject({ code: 'item_retry.busy' });
    });
    await world.define([{ name: 'measure', group_by: [] }]);
    await world.evaluate();
    await expect(retry()).rejects.toMatchObject({ code: 'item_retry.no_shards' });
  });

  it('are put into one shard, however many ask at the same time', async () => {
    await start(5, { '003.fits': failed() });
    const answers = await Promise.allSettled([retry(), retry(), retry()]);
    const taken = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value.items] : []));
    expect(taken.reduce((sum, count) => sum + count, 0)).toBe(1);
    await world.evaluate();
    expect(await waiting()).toEqual([names(3)]);
  });
});
