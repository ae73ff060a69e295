import { VERSION_POLICIES, type JsonObject } from '@meridian/core';
import { failRuns } from '@meridian/ops-db';
import { aVersion, SurveyWorld } from '../testing/survey-world.js';

/** A step of each policy. */
const stepsOf = (more: JsonObject = {}): JsonObject[] =>
  VERSION_POLICIES.map((policy) => ({
    name: policy,
    version_policy: policy,
    group_by: ['night'],
    ...more,
  }));

describe('a new version of the software', () => {
  let world: SurveyWorld;
  beforeEach(async () => {
    world = await SurveyWorld.open();
  });
  afterEach(() => world.close());

  const define = (versions: readonly JsonObject[], more: JsonObject = {}) =>
    world.define(stepsOf(more), { software: versions, trigger: 'MANUAL' });
  /** Everything made with what is published now. */
  const make = async (versions: readonly JsonObject[], more: JsonObject = {}): Promise<void> => {
    await world.define(stepsOf(more), { software: versions });
    await world.ingest([1, 2].map((night) => ({ name: `n${night}`, dims: { night } })));
    await world.process(...VERSION_POLICIES);
  };
  /** Of each policy, why its results are stale. */
  const causes = async (): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for (const policy of VERSION_POLICIES)
      found[policy] = [
        ...new Set((await world.subGroups(policy)).map((group) => [group.state, ...group.causes].join(' '))),
      ].join(' or ');
    return found;
  };

  const [CURRENT, STALE] = ['current', 'stale software'];

  it.each<[string, JsonObject[], JsonObject, Record<string, string>]>([
    ['of another patch', [aVersion('1.2.4')], {}, { exact: STALE, compatible: CURRENT, any: CURRENT }],
    ['of another minor', [aVersion('1.3.0')], {}, { exact: STALE, compatible: STALE, any: CURRENT }],
    ['of another major', [aVersion('2.0.0')], {}, { exact: STALE, compatible: STALE, any: CURRENT }],
    [
      'of another major with the same bytes',
      [aVersion('2.0.0', '1.2.3')],
      {},
      { exact: CURRENT, compatible: STALE, any: CURRENT },
    ],
    [
      'that is called otherwise',
      [{ ...aVersion('1.2.4'), command: ['reduce', '--fast'] }],
      {},
      { exact: STALE, compatible: STALE, any: STALE },
    ],
    [
      'with another default of a parameter',
      [
        {
          ...aVersion('1.2.4'),
          config_schema: { type: 'object', properties: { aperture: { type: 'number', default: 5 } } },
        },
      ],
      {},
      { exact: 'stale software config', compatible: 'stale config', any: 'stale config' },
    ],
    [
      'that is older than the one in use',
      [aVersion('1.2.2'), aVersion('0.9.0')],
      {},
      { exact: CURRENT, compatible: CURRENT, any: CURRENT },
    ],
    [
      'before its release',
      [aVersion('2.0.0-rc.1')],
      {},
      { exact: CURRENT, compatible: CURRENT, any: CURRENT },
    ],
    [
      'outside of what the step is pinned to',
      [aVersion('1.3.0'), aVersion('2.0.0')],
      { version: '1.2' },
      { exact: CURRENT, compatible: CURRENT, any: CURRENT },
    ],
    [
      'inside of what the step is pinned to, and one outside',
      [aVersion('1.2.9'), aVersion('1.3.0')],
      { version: '1.2' },
      { exact: STALE, compatible: CURRENT, any: CURRENT },
    ],
  ])('%s makes stale what its policy says', async (_, published, more, expected) => {
    await make([aVersion('1.2.3')], more);
    expect(await causes()).toEqual({ exact: CURRENT, compatible: CURRENT, any: CURRENT });
    await define([aVersion('1.2.3'), ...published], more);
    await world.evaluate();
    expect(await causes()).toEqual(expected);
  });

  it('is what new runs are made with, also where the results of the old one stay current', async () => {
    await make([aVersion('1.2.3')]);
    await world.define(stepsOf(), { software: [aVersion('1.2.3'), aVersion('1.2.4')] });
    await world.ingest([{ name: 'n3', dims: { night: 3 } }]);
    await world.evaluate();
    const made = async (policy: string) =>
      (await world.runs(policy)).map(({ dims, version, causes: why }) => [dims['night'], version, ...why]);
    expect(await made('exact')).toEqual([
      [1, '1.2.3'],
      [2, '1.2.3'],
      [1, '1.2.4', 'software'],
      [2, '1.2.4', 'software'],
      [3, '1.2.4'],
    ]);
    expect(await made('compatible')).toEqual([
      [1, '1.2.3'],
      [2, '1.2.3'],
      [3, '1.2.4'],
    ]);
  });

  it('that is given up again has the results of the old one current again, if nothing was made meanwhile', async () => {
    await make([aVersion('1.2.3')]);
    await define([aVersion('1.2.3'), aVersion('2.0.0')]);
    await world.evaluate();
    expect(await causes()).toMatchObject({ exact: STALE, compatible: STALE });
    await define([aVersion('1.2.3'), aVersion('2.0.0')], { version: '1.2' });
    await world.evaluate();
    expect(await causes()).toEqual({ exact: CURRENT, compatible: CURRENT, any: CURRENT });
  });

  it('has what failed with the old one run again where its policy sees another software, and only there', async () => {
    await world.define(stepsOf(), { software: [aVersion('1.2.3')] });
    await world.ingest([{ name: 'n1', dims: { night: 1 } }]);
    await world.evaluate();
    const runs = (await Promise.all(VERSION_POLICIES.map((policy) => world.runs(policy)))).flat();
    const failure = {
      fromStatus: 'PENDING',
      failureClass: 'SOFTWARE',
      reason: 'exit 1',
      retry: null,
    } as const;
    await failRuns(world.db, { actor: 'test', failures: runs.map(({ id }) => ({ runId: id, ...failure })) });
    await world.evaluate();
    expect(await causes()).toEqual({ exact: 'failed', compatible: 'failed', any: 'failed' });
    await world.define(stepsOf(), { software: [aVersion('1.2.3'), aVersion('1.2.4')] });
    expect(await world.evaluate()).toBe(1);
    expect(await causes()).toEqual({ exact: 'running', compatible: 'failed', any: 'failed' });
  });

  it('makes the step after a stale one wait for it, and stale by what is made again', async () => {
    const steps = [
      { name: 'exact', version_policy: 'exact', group_by: ['night'] },
      { name: 'after', version_policy: 'any', depends_on: ['exact'], group_by: ['night'] },
    ];
    await world.define(steps, { software: [aVersion('1.2.3')] });
    await world.ingest([{ name: 'n1', dims: { night: 1 } }]);
    await world.process('exact', 'after');
    await world.define(steps, { software: [aVersion('1.2.3'), aVersion('1.2.4')] });
    await world.evaluate();
    expect(await world.subGroups('after')).toMatchObject([
      { state: 'blocked', detail: { blocked_by: [{ step: 'exact', state: 'running', count: 1 }] } },
    ]);
    await world.complete('exact');
    expect(await world.evaluate()).toBe(1);
    expect((await world.runs('after')).at(-1)).toMatchObject({
      causes: ['upstream_remade'],
      version: '1.2.4',
    });
  });

  it('explains itself by both versions', async () => {
    await make([aVersion('1.2.3')]);
    await define([aVersion('1.2.3'), aVersion('1.2.4')]);
    await world.evaluate();
    const { facts } = await world.explain('exact');
    expect([facts.lastResult?.softwareVersion, facts.softwareVersion]).toEqual(['1.2.3', '1.2.4']);
  });

  it('is nothing beside a new policy: that is another software itself', async () => {
    await make([aVersion('1.2.3')]);
    await define([aVersion('1.2.3')], { version_policy: 'any' });
    await world.evaluate();
    expect(await causes()).toEqual({ exact: STALE, compatible: STALE, any: CURRENT });
  });
});
