import fc from 'fast-check';
import { DomainError } from '../shared/domain-error.js';
import type { KnownDefinitions } from './check-references.js';
import { parseDefinitions } from './parse-definitions.js';
import { NOTHING_KNOWN } from './testing/nothing-known.js';

const known: KnownDefinitions = {
  ...NOTHING_KNOWN,
  software: new Map([['phot', ['1.0.0', '1.1.0']]]),
  groupings: new Set(['m17']),
  pools: new Set(['gpu']),
  locations: new Map([
    ['disk', 'PROCESSING'],
    ['tape', 'LONG_TERM_ARCHIVE'],
  ]),
};
const DIGEST = `sha256:${'a'.repeat(64)}`;
const software = {
  name: 'phot',
  version: '1.0.0',
  host_directory: '/opt/phot',
  digest: DIGEST,
  command: ['phot'],
};
const location = { name: 'disk', kind: 'PROCESSING', base_path: '/data', backend: 'local', runtime: 'host' };
const step = { name: 'extract', software: 'phot' };
const pipeline = { name: 'survey', grouping: 'm17', location: 'disk', steps: [step] };

const problemsOf = (document: unknown, from: KnownDefinitions = known): string[] => {
  try {
    parseDefinitions(document, from);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.problems.map(({ code, path, message }) => `${code} ${path}: ${message}`);
  }
};
const inStep = (change: object): unknown => ({
  pipelines: [{ ...pipeline, steps: [{ ...step, ...change }] }],
});
const inSoftware = (change: object): unknown => ({ software: [{ ...software, ...change }] });

describe('parseDefinitions', () => {
  it('fills in every default, so that the stored definition says everything', () => {
    expect(
      parseDefinitions(
        {
          pipelines: [
            { ...pipeline, steps: [step, { name: 'map', software: 'phot', depends_on: ['extract'] }] },
          ],
        },
        known,
      ).pipelines,
    ).toEqual([
      {
        name: 'survey',
        description: '',
        grouping: 'm17',
        location: 'disk',
        trigger: 'CONTINUOUS',
        priority: 0,
        enabled: null,
        steps: [
          {
            name: 'extract',
            software: 'phot',
            version: null,
            version_policy: 'compatible',
            depends_on: [],
            group_by: [],
            config: {},
            inputs: { raw: true },
            upstream_policy: 'all_current',
            cooldown_seconds: 0,
            settle_seconds: 0,
            min_members: 1,
            expect: null,
            max_wait_seconds: null,
            associations: [],
            resources: {
              cpus: 1,
              memory_mb: 1024,
              walltime_minutes: 60,
              max_memory_mb: 1024,
              max_walltime_minutes: 60,
            },
            retry: { max_attempts: 3, backoff_seconds: 10, classes: {} },
            outputs: { required: [], metrics: [], rules: [] },
            ...{ quality: [], publication: null, retention: null },
            max_active_runs: null,
            pool: null,
          },
          expect.objectContaining({ name: 'map', depends_on: ['extract'], inputs: { raw: false } }),
        ],
      },
    ]);
  });

  it('reading what it gave changes nothing', () => {
    const once = parseDefinitions(
      {
        software: [software],
        locations: [location],
        groupings: [{ name: 'm17', filter: [] }],
        pipelines: [pipeline],
      },
      NOTHING_KNOWN,
    );
    expect(parseDefinitions(once, NOTHING_KNOWN)).toEqual(once);
  });

  it.each<[string, unknown, string[]]>([
    ['no document', null, ['definition.type : must be an object']],
    ['a list', [], ['definition.type : must be an object']],
    [
      'an unknown list',
      { pipeline: [] },
      ['definition.unknown_key /pipeline: unknown key "pipeline" (did you mean "pipelines"?)'],
    ],
    ['a wrong type', { pipelines: {} }, ['definition.type /pipelines: "pipelines" must be a list']],
    [
      'no name',
      { groupings: [{ filter: [] }] },
      ['definition.required /groupings/0/name: "name" is required'],
    ],
    [
      'no filter',
      { groupings: [{ name: 'g' }] },
      ['definition.required /groupings/0/filter: "filter" is required ([] selects everything)'],
    ],
    [
      'two of a name',
      {
        groupings: [
          { name: 'g', filter: [] },
          { name: 'g', filter: [] },
        ],
      },
      ['definition.duplicate /groupings/1/name: "g" is defined twice'],
    ],
    [
      'an unknown key of a step',
      inStep({ cooldown: 5 }),
      ['definition.unknown_key /pipelines/0/steps/0/cooldown: unknown key "cooldown"'],
    ],
    [
      'an unknown software',
      inStep({ software: 'phto' }),
      ['step.unknown_software /pipelines/0/steps/0/software: there is no software "phto"'],
    ],
    [
      'a version that is not there',
      inStep({ version: '2.0.0' }),
      [
        'step.unknown_version /pipelines/0/steps/0/version: phot has no version 2.0.0 (there are 1.0.0, 1.1.0)',
      ],
    ],
    [
      'a reserved name',
      inStep({ name: 'workspace' }),
      [
        'step.reserved_name /pipelines/0/steps/0/name: "workspace" is the shared scratch folder; choose another name',
      ],
    ],
    [
      'a cap below its value',
      inStep({ resources: { memory_mb: 2048, max_memory_mb: 1024 } }),
      ['step.cap_below_value /pipelines/0/steps/0/resources/max_memory_mb: is below memory_mb (2048)'],
    ],
    [
      'a fraction',
      inStep({ resources: { cpus: 1.5 } }),
      [
        'definition.type /pipelines/0/steps/0/resources/cpus: "cpus" must be a whole number from 1 to 2147483647',
      ],
    ],
    [
      'a first step without data',
      inStep({ inputs: { raw: false } }),
      ['step.no_inputs /pipelines/0/steps/0/inputs/raw: a step that depends on no other must take raw data'],
    ],
    [
      'an unknown product type',
      inStep({ inputs: { types: ['PICTURE'] } }),
      [
        'definition.value /pipelines/0/steps/0/inputs/types/0: must be one of SCIENCE, QA_METRIC, PLOT, STATISTICS, LOG, INTERMEDIATE, TABLE, OTHER',
      ],
    ],
    [
      'a policy nobody knows',
      inStep({ version_policy: 'compatibel' }),
      [
        'definition.value /pipelines/0/steps/0/version_policy: "version_policy" must be one of exact, compatible, any (did you mean "compatible"?)',
      ],
    ],
    [
      'an unknown upstream step',
      inStep({ depends_on: ['extrac'] }),
      [
        'pipeline.unknown_step /pipelines/0/steps/0/depends_on: there is no step "extrac" (did you mean "extract"?)',
      ],
    ],
    [
      'itself upstream',
      inStep({ depends_on: ['extract'] }),
      ['pipeline.self_dependency /pipelines/0/steps/0/depends_on: step "extract" depends on itself'],
    ],
    [
      'a location that cannot process',
      { pipelines: [{ ...pipeline, location: 'tape' }] },
      [
        'pipeline.location_cannot_process /pipelines/0/location: "tape" is a LONG_TERM_ARCHIVE location; jobs run at PROCESSING ones',
      ],
    ],
    [
      'no steps',
      { pipelines: [{ ...pipeline, steps: [] }] },
      ['pipeline.no_steps /pipelines/0/steps: a pipeline needs at least one step'],
    ],
    [
      'no program',
      inSoftware({ host_directory: null }),
      ['software.no_program /software/0: a software version needs an image or a host_directory'],
    ],
    [
      'a placeholder nobody fills',
      inSoftware({ command: ['x', '{manifst}'] }),
      [
        'software.unknown_placeholder /software/0/command/1: unknown placeholder {manifst} (did you mean "manifest"?)',
      ],
    ],
    [
      'no digest',
      inSoftware({ digest: null }),
      ['definition.required /software/0/digest: "digest" is required'],
    ],
    [
      'a variable of the contract',
      inSoftware({ environment: { WORKFLOW_STEP: 'x' } }),
      [
        'software.reserved_variable /software/0/environment/WORKFLOW_STEP: WORKFLOW_STEP belongs to the container contract; choose another name',
      ],
    ],
    [
      'the root as a location',
      { locations: [{ ...location, base_path: '//' }] },
      ['location.base_path /locations/0/base_path: the root of the file system cannot be a location'],
    ],
    [
      'a backend on tape',
      { locations: [{ ...location, kind: 'BUFFER', runtime: null }] },
      ['location.not_processing /locations/0/backend: only a PROCESSING location has a backend'],
    ],
  ])('%s', (_, document, problems) => {
    expect(problemsOf(document)).toEqual(problems);
  });

  it('a circle is named step by step', () => {
    const steps = [
      { ...step, name: 'a', depends_on: ['c'] },
      { ...step, name: 'b', depends_on: ['a'] },
      { ...step, name: 'c', depends_on: ['b'] },
    ];
    expect(problemsOf({ pipelines: [{ ...pipeline, steps }] })).toEqual([
      'pipeline.cycle /pipelines/0/steps: the steps depend on each other in a circle: a → c → b → a',
    ]);
  });

  it('whatever is sent, the answer is a definition or a list of problems with pointers', () => {
    const keys = fc.constantFrom(
      'software',
      'pipelines',
      'groupings',
      'locations',
      'name',
      'steps',
      'version',
      'depends_on',
      'filter',
      'resources',
      'inputs',
      'retry',
      'outputs',
      'config',
      'x',
    );
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
      list: fc.array(tie('tree'), { maxLength: 3 }),
      object: fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
      tree: fc.oneof({ depthSize: 'medium' }, tie('leaf'), tie('list'), tie('object')),
    }));
    fc.assert(
      fc.property(tree, (document) => {
        for (const problem of problemsOf(document)) expect(problem).toMatch(/^[a-z_]+\.[a-z_]+ (\/|:)/);
      }),
    );
  });
});
