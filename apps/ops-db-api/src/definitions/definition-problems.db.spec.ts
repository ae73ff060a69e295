import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';
import { file, software, step, wholeDatabase } from './testing/survey-file.js';

describe('definitions that are wrong, over HTTP', () => {
  let api: TestApi;
  beforeEach(async () => {
    api = await openTestApi();
  });
  afterEach(() => api.close());

  const apply = async (document: object) => api.as('scientist').post('/definitions/apply', document);

  it('every problem of a file is named at once, by its JSON pointer, and nothing is written', async () => {
    const before = await wholeDatabase(api);
    const bad = file({
      pipeline: { grouping: 'm71', colour: 'red' },
      steps: [
        step('a', { depends_on: ['b'], config: { aperture: 0 } }),
        step('b', { depends_on: ['a'], softwear: 'x', config: { apertur: 3 } }),
        step('c', { software: 'phto', depends_on: ['c'] }),
        step('c', { group_by: 'source' }),
      ],
    });

    const answer = await apply(bad);

    expect(answer.status).toBe(422);
    expect(answer.body.code).toBe('definitions.invalid');
    expect(
      answer.body.problems.map((one: { code: string; path: string }) => `${one.code} ${one.path}`).sort(),
    ).toEqual([
      'definition.duplicate /pipelines/0/steps/3/name',
      'definition.unknown_key /pipelines/0/colour',
      'definition.unknown_key /pipelines/0/steps/1/softwear',
      'group_by.bad_term /pipelines/0/steps/3/group_by',
      'pipeline.cycle /pipelines/0/steps',
      'pipeline.self_dependency /pipelines/0/steps/2/depends_on',
      'pipeline.unknown_grouping /pipelines/0/grouping',
      'step.unknown_software /pipelines/0/steps/2/software',
    ]);
    expect(await wholeDatabase(api)).toEqual(before);
  });

  it('parameters are checked against the schema of the software version', async () => {
    const answer = await apply(
      file({ steps: [step('a', { config: { aperture: 0 } }), step('b', { config: { apertur: 3 } })] }),
    );

    expect(answer.body.problems).toEqual([
      {
        code: 'config.unknown_parameter',
        path: '/pipelines/0/steps/1/config/apertur',
        message: 'the software has no parameter "apertur" (did you mean "aperture"?)',
      },
      { code: 'config.invalid', path: '/pipelines/0/steps/0/config/aperture', message: 'must be >= 1' },
    ]);
  });

  it('a version that a step could not run is refused with the step that stands in the way', async () => {
    await apply(file({ steps: [step('extract', { config: { aperture: 4 } })] }));

    const answer = await apply({
      software: [software('1.1.0', { config_schema: { properties: { radius: { type: 'number' } } } })],
    });

    expect(answer.status).toBe(422);
    expect(answer.body.problems).toEqual([
      {
        code: 'step.config_not_accepted',
        path: '/software/0',
        message: expect.stringContaining('step "extract" would move to phot 1.1.0'),
      },
    ]);
  });

  it('steps that would calibrate each other in a circle are refused, through a pipeline that is stored already, too', async () => {
    const bound = (from: object): object => ({ associations: [{ name: 'gains', from, policy: 'nearest' }] });
    const map = (more: object): object => ({
      name: 'maps',
      grouping: 'm17',
      location: 'disk',
      steps: [step('map', more)],
    });
    expect((await apply({ ...file(), pipelines: [map({})] })).status).toBe(200);
    const solve = { steps: [step('solve', bound({ pipeline: 'maps', step: 'map' }))] };
    expect((await apply(file(solve))).status).toBe(200);
    const before = await wholeDatabase(api);

    const answer = await apply({ pipelines: [map(bound({ pipeline: 'survey', step: 'solve' }))] });

    expect(answer.status).toBe(422);
    expect(answer.body.problems).toEqual([
      {
        code: 'associations.circle',
        path: '/pipelines/0/steps/0/associations/0/from',
        message: expect.stringContaining('in a circle: maps/map → survey/solve → maps/map'),
      },
    ]);
    expect(await wholeDatabase(api)).toEqual(before);
  });

  it('text that PostgreSQL cannot store is a problem, not a failure', async () => {
    const answer = await apply(file({ steps: [step('a', { config: { aperture: 4, ['x\0']: 'y' } })] }));

    expect(answer.status).toBe(422);
    expect(answer.body.problems[0]).toEqual({
      code: 'definition.unstorable_text',
      path: '/pipelines/0/steps/0/config/x\0',
      message: 'contains a NUL or half a surrogate pair',
    });
  });
});
