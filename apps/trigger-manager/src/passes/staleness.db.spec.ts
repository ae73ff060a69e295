import { sql, STALE_CAUSES, type JsonObject, type StaleCause } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import { Operator } from '../testing/operator.js';
import { aDark, dark, science } from '../testing/calibrations.js';
import { aVersion, SurveyWorld } from '../testing/survey-world.js';

/**
 * Which test reaches which cause, beside the table here: `input_added` completeness, coalescing; `input_removed` completeness;
 * `input_changed` coalescing, shards; `software` version-policy; `config` triggers; `upstream_remade` waive-and-force,
 * splits-and-windows; `calibration_superseded` calibrations; `forced` waive-and-force.
 */
describe('a result is out of date', () => {
  let world: SurveyWorld;
  let ada: Operator;
  beforeEach(async () => {
    world = await SurveyWorld.open();
    ada = new Operator(world);
    await define({ trigger: 'CONTINUOUS' });
    await world.ingest([
      aDark('d1', 24),
      aDark('d2', 48),
      ...[1, 2].flatMap((night) => ['a', 'b'].map((name) => science(`${name}${night}`, night, night * 24))),
    ]);
    await world.process('reduce', 'stack');
    await define({});
    await world.evaluate();
  });
  afterEach(() => world.close());

  interface Definition {
    readonly reduce?: JsonObject;
    readonly versions?: readonly string[];
    readonly trigger?: 'MANUAL' | 'CONTINUOUS';
  }
  const schema = { type: 'object', properties: { aperture: { type: 'number', default: 4 } } };
  const define = ({ reduce = {}, versions = ['1.0.0'], trigger = 'MANUAL' }: Definition): Promise<void> =>
    world.define(
      [
        { name: 'reduce', group_by: ['night'], associations: [dark()], ...reduce },
        { name: 'stack', depends_on: ['reduce'], group_by: ['night'] },
      ],
      {
        software: versions.map((version) => ({ ...aVersion(version), config_schema: schema })),
        trigger,
      },
    );
  const retire = (name: string) =>
    queryRows(
      world.db,
      sql`UPDATE data_item SET retired_at = ${world.clock}, changed_at = ${world.clock} WHERE name = ${name}`,
    );
  const move = (name: string, night: number) =>
    queryRows(
      world.db,
      sql`UPDATE data_item SET dims = dims || jsonb_build_object('night', ${night}::int), changed_at = ${world.clock} WHERE name = ${name}`,
    );
  const remake = async (night: number): Promise<void> => {
    await ada.force({ selection: { night }, steps: ['reduce'] });
    await world.process('reduce');
  };

  interface Change {
    readonly step?: string;
    readonly change: () => Promise<unknown>;
    /** Of the first and of the second night. */
    readonly causes: readonly [readonly StaleCause[], readonly StaleCause[]];
  }
  const CHANGES: readonly [string, Change][] = [
    ['a file comes', { change: () => world.ingest([science('c2', 2, 48)]), causes: [[], ['input_added']] }],
    ['a file goes', { change: () => retire('b2'), causes: [[], ['input_removed']] }],
    ['a file gets other bytes', { change: () => world.rewrite('a2'), causes: [[], ['input_changed']] }],
    [
      'a file turns out to be of another night',
      { change: () => move('b1', 2), causes: [['input_removed'], ['input_added']] },
    ],
    [
      'another version is published',
      {
        change: () => define({ versions: ['1.0.0', '2.0.0'] }),
        causes: [['software'], ['software']],
      },
    ],
    [
      'a parameter changes',
      { change: () => define({ reduce: { config: { aperture: 5 } } }), causes: [['config'], ['config']] },
    ],
    [
      'another calibration is asked for',
      {
        change: () => define({ reduce: { associations: [dark({ after: false })] } }),
        causes: [['config'], ['config']],
      },
    ],
    [
      'what it was made from is made again',
      { step: 'stack', change: () => remake(2), causes: [[], ['upstream_remade']] },
    ],
    [
      'a better calibration comes',
      { change: () => world.ingest([aDark('d2, better', 48)]), causes: [[], ['calibration_superseded']] },
    ],
    [
      'its calibration gets other bytes',
      { change: () => world.rewrite('d1'), causes: [['calibration_superseded'], []] },
    ],
    ['somebody says so', { change: () => ada.force({ selection: { night: 1 } }), causes: [['forced'], []] }],
    [
      'everything happens at once',
      {
        change: async () => {
          await world.ingest([science('c1', 1, 24)]);
          await retire('b1');
          await world.rewrite('a1');
          await define({ versions: ['1.0.0', '2.0.0'], reduce: { config: { aperture: 5 } } });
          await world.ingest([aDark('d1, better', 24)]);
          await ada.force({ selection: { night: 1 }, steps: ['reduce'] });
        },
        causes: [
          [
            'input_added',
            'input_changed',
            'input_removed',
            'software',
            'config',
            'calibration_superseded',
            'forced',
          ],
          ['software', 'config'],
        ],
      },
    ],
  ];

  it.each(CHANGES)(
    'when %s, for as long as it is not made again',
    async (_, { step = 'reduce', change, causes }) => {
      await change();
      await queryRows(
        world.db,
        sql`UPDATE trigger_request SET closed_at = ${world.clock} WHERE closed_at IS NULL`,
      );
      await world.evaluate();
      expect((await world.subGroups(step)).map(({ state, causes: seen }) => [state, seen])).toEqual(
        causes.map((expected) => [expected.length === 0 ? 'current' : 'stale', expected]),
      );

      await ada.trigger();
      await world.process('reduce', 'stack');
      const remade = causes.filter((expected) => expected.length > 0);
      const runs = await world.runs(step);
      expect(runs.slice(-remade.length).map((run) => run.causes)).toEqual(remade);
      expect([await world.states('reduce'), await world.states('stack')]).toEqual([
        ['current', 'current'],
        ['current', 'current'],
      ]);
      expect([await world.evaluate(), await world.runs(step)]).toEqual([0, runs]);
    },
  );

  it('for every cause that there is', () => {
    const reached = new Set(CHANGES.flatMap(([, { causes }]) => causes.flat()));
    expect([...reached].sort()).toEqual([...STALE_CAUSES].sort());
  });

  it('no longer, when what changed is as it was again', async () => {
    await define({ reduce: { config: { aperture: 5 } } });
    await world.ingest([science('c1', 1, 24)]);
    await move('b2', 1);
    await world.evaluate();
    expect(await world.states('reduce')).toEqual(['stale', 'stale']);
    await define({});
    await retire('c1');
    await move('b2', 2);
    await world.evaluate();
    expect([await world.states('reduce'), await world.states('stack')]).toEqual([
      ['current', 'current'],
      ['current', 'current'],
    ]);
  });

  it('by nothing that changes no result: resources, cooldown, priority, and where the software lies', async () => {
    const elsewhere = { ...aVersion('1.0.0'), config_schema: schema, host_directory: '/opt/elsewhere' };
    await world.define(
      [
        {
          name: 'reduce',
          group_by: ['night'],
          associations: [dark()],
          resources: { cpus: 8, memory_mb: 8000 },
          cooldown_seconds: 60,
          config: { aperture: 4 },
        },
        { name: 'stack', depends_on: ['reduce'], group_by: ['night'] },
      ],
      { software: [elsewhere], priority: 50, description: 'of another kind' },
    );
    expect([await world.evaluate(), await world.states('reduce'), await world.states('stack')]).toEqual([
      0,
      ['current', 'current'],
      ['current', 'current'],
    ]);
  });
});
