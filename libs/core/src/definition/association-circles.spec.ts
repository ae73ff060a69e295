import { DomainError, type Problem } from '../shared/domain-error.js';
import { associationCircles } from './association-circles.js';
import type { Definitions } from './definition-document.js';
import { parseDefinitions } from './parse-definitions.js';
import type { StoredPipeline } from './plan-definitions.js';
import { NOTHING_KNOWN } from './testing/nothing-known.js';

interface Needs {
  readonly dependsOn?: readonly string[];
  /** Steps, or `pipeline/step`. */
  readonly boundTo?: readonly string[];
}
type Steps = Readonly<Record<string, Needs>>;

const associationTo = (target: string, index: number): object => {
  const [step, pipeline] = target.split('/').reverse();
  return { name: `bound-${index}`, from: { pipeline, step }, policy: 'nearest' };
};

const stepsOf = (steps: Steps): object[] =>
  Object.entries(steps).map(([name, { dependsOn = [], boundTo = [] }]) => ({
    name,
    software: 'phot',
    depends_on: dependsOn,
    associations: boundTo.map(associationTo),
  }));

/** Without anything in it that is missing elsewhere, so that only its circles are left to be found. */
function read(pipelines: Readonly<Record<string, Steps>>): Definitions['pipelines'] {
  return parseDefinitions(
    {
      pipelines: Object.entries(pipelines).map(([name, steps]) => ({
        ...{ name, grouping: 'm17', location: 'disk' },
        steps: stepsOf(steps),
      })),
    },
    {
      ...NOTHING_KNOWN,
      software: new Map([['phot', ['1.0.0']]]),
      groupings: new Set(['m17']),
      locations: new Map([['disk', 'PROCESSING']]),
      pipelines: new Map([
        ['survey', ['x']],
        ['darks', ['combine', 'old']],
      ]),
    },
  ).pipelines;
}

const stored = (
  pipelines: Readonly<Record<string, Steps>>,
  retired: readonly string[] = [],
): StoredPipeline[] =>
  read(pipelines).map(({ steps, ...definition }, id) => ({
    id,
    definition,
    steps: steps.map((step, position) => ({
      ...{ id: position, definition: step, position, softwareVersion: '1.0.0', recipeHash: '' },
      isRetired: retired.includes(step.name),
    })),
  }));

const circles = (
  pipelines: Readonly<Record<string, Steps>>,
  others: readonly StoredPipeline[] = [],
): string[] =>
  associationCircles(read(pipelines), others).map(({ code, path, message }: Problem) => {
    expect(code).toBe('associations.circle');
    return `${path} ${message.split(';')[0]}`;
  });

describe('associationCircles', () => {
  it('finds two steps that calibrate each other, once', () => {
    expect(circles({ survey: { a: { boundTo: ['b'] }, b: { boundTo: ['a'] } } })).toEqual([
      '/pipelines/0/steps/0/associations/0/from the steps wait for each other in a circle: a → b → a',
    ]);
  });

  it('finds a step that is calibrated by what is made of its own products', () => {
    const steps = {
      solve: { boundTo: ['check'] },
      apply: { dependsOn: ['solve'] },
      check: { dependsOn: ['apply'] },
    };
    expect(circles({ survey: steps })).toEqual([
      '/pipelines/0/steps/0/associations/0/from the steps wait for each other in a circle: solve → check → apply → solve',
    ]);
  });

  it('finds each of several circles, at the association that closes it', () => {
    const steps = {
      a: { boundTo: ['b'] },
      b: { boundTo: ['a'] },
      c: { boundTo: ['a', 'd'] },
      d: { dependsOn: ['c'] },
    };
    expect(circles({ survey: steps })).toEqual([
      '/pipelines/0/steps/0/associations/0/from the steps wait for each other in a circle: a → b → a',
      '/pipelines/0/steps/2/associations/1/from the steps wait for each other in a circle: c → d → c',
    ]);
  });

  it('finds a circle through two pipelines of the file, and names the pipelines', () => {
    const pipelines = {
      survey: { map: { boundTo: ['darks/combine'] } },
      darks: { combine: { boundTo: ['survey/map'] } },
    };
    expect(circles(pipelines)).toEqual([
      '/pipelines/0/steps/0/associations/0/from the steps wait for each other in a circle: survey/map → darks/combine → survey/map',
    ]);
  });

  it('finds a circle through a pipeline that is stored already', () => {
    const darks = stored({ darks: { combine: { boundTo: ['survey/x'] } } });
    expect(circles({ survey: { x: { boundTo: ['darks/combine'] } } }, darks)).toEqual([
      '/pipelines/0/steps/0/associations/0/from the steps wait for each other in a circle: survey/x → darks/combine → survey/x',
    ]);
  });

  it('goes by what the file says of a pipeline, whatever is stored of it, and not by steps that are retired', () => {
    const before = stored({ survey: { x: { boundTo: ['darks/combine'] } }, darks: { combine: {} } });
    expect(circles({ survey: { x: {} }, darks: { combine: { boundTo: ['survey/x'] } } }, before)).toEqual([]);
    const darks = stored({ darks: { old: { boundTo: ['survey/x'] }, combine: {} } }, ['old']);
    expect(circles({ survey: { x: { boundTo: ['darks/combine'] } } }, darks)).toEqual([]);
  });

  it('leaves circles of pipelines alone that the file does not touch', () => {
    const others = stored({ darks: { combine: { boundTo: ['old'] }, old: { boundTo: ['combine'] } } });
    expect(circles({ survey: { x: { boundTo: ['darks/combine'] } } }, others)).toEqual([]);
  });

  it('lets steps share a calibration, and bind it of a step that they depend on', () => {
    const steps = {
      solve: {},
      a: { dependsOn: ['solve'], boundTo: ['solve'] },
      b: { dependsOn: ['a'], boundTo: ['solve', 'a'] },
    };
    expect(circles({ survey: steps })).toEqual([]);
  });

  it('says what comes of it and what to do', () => {
    const [problem] = associationCircles(
      read({ survey: { a: { boundTo: ['b'] }, b: { boundTo: ['a'] } } }),
      [],
    );
    expect(problem?.message).toBe(
      'the steps wait for each other in a circle: a → b → a; none of them could begin, or each would make the others run again for ever: bind the products of a step outside the circle, or leave out one of these associations',
    );
  });

  it('leaves a step that is bound to itself to the check of its name', () => {
    const own = (): unknown => read({ survey: { a: { boundTo: ['a'] } } });
    expect(own).toThrow(DomainError);
    expect(own).toThrow(
      'a step cannot be calibrated by its own products: name another step, or leave the association out',
    );
  });
});
