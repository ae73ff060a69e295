import { DomainError } from '../shared/domain-error.js';
import type { KnownDefinitions } from './check-references.js';
import type { PipelineDefinition } from './definition-document.js';
import { parseDefinitions } from './parse-definitions.js';

const known: KnownDefinitions = {
  software: new Map([['phot', ['1.0.0']]]),
  groupings: new Set(['m17']),
  pools: new Set(['gpu']),
  locations: new Map([['disk', 'PROCESSING']]),
  pipelines: new Map([['darks', ['combine']]]),
};
const step = { name: 'extract', software: 'phot' };
const pipeline = { name: 'survey', grouping: 'm17', location: 'disk', steps: [step] };
const file = (change: object, ofStep: object = {}, more: object = {}): unknown => ({
  ...more,
  pipelines: [{ ...pipeline, steps: [{ ...step, ...ofStep }], ...change }],
});
const parsed = (document: unknown): PipelineDefinition | undefined =>
  parseDefinitions(document, known).pipelines[0];
const problemsOf = (document: unknown): string[] => {
  try {
    parseDefinitions(document, known);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.problems.map(({ code, path, message }) => `${code} ${path}: ${message}`);
  }
};

describe('when a pipeline runs', () => {
  it.each<[unknown, unknown]>([
    [undefined, 'CONTINUOUS'],
    ['MANUAL', 'MANUAL'],
    [
      { cron: '0 6 * * *', timezone: 'America/Santiago' },
      { cron: '0 6 * * *', timezone: 'America/Santiago' },
    ],
    [{ cron: '*/10 * * * *' }, { cron: '*/10 * * * *', timezone: 'UTC' }],
  ])('%j is read as %j', (trigger, expected) => {
    expect(parsed(file({ trigger }))?.trigger).toEqual(expected);
  });

  it.each<[unknown, RegExp]>([
    ['CRON', /^definition\.value \/pipelines\/0\/trigger: "trigger" must be CONTINUOUS, MANUAL or \{cron/],
    ['MANUEL', /\(did you mean "MANUAL"\?\)$/],
    [5, /^definition\.value \/pipelines\/0\/trigger: /],
    [{}, /^definition\.required \/pipelines\/0\/trigger\/cron: "cron" is required/],
    [{ cron: 'at six' }, /^cron\.invalid \/pipelines\/0\/trigger\/cron: "at six" is no cron expression/],
    [
      { cron: '0 6 * * *', timezone: 'Mars/Olympus' },
      /^cron\.invalid \/pipelines\/0\/trigger\/timezone: "Mars\/Olympus" is no time zone/,
    ],
    [{ cron: '0 6 * * *', zone: 'UTC' }, /^definition\.unknown_key \/pipelines\/0\/trigger\/zone: /],
  ])('%j is refused', (trigger, problem) => {
    expect(problemsOf(file({ trigger }))[0]).toMatch(problem);
  });
});

describe('what a step waits for', () => {
  it('is said by expect, max_wait_seconds and pool', () => {
    const waiting = { expect: { count: 3 }, max_wait_seconds: 600, pool: 'gpu' };
    expect(parsed(file({}, waiting))?.steps[0]).toMatchObject(waiting);
  });

  it('is checked, each mistake at its place', () => {
    const waiting = { expect: { count: 0 }, max_wait_seconds: -1, pool: 'gpus' };
    expect(problemsOf(file({}, waiting))).toEqual([
      'definition.type /pipelines/0/steps/0/expect/count: "count" must be a whole number from 1 to 2147483647',
      'definition.type /pipelines/0/steps/0/max_wait_seconds: "max_wait_seconds" must be a whole number from 0 to 2147483647',
      'step.unknown_pool /pipelines/0/steps/0/pool: there is no pool "gpus" (did you mean "gpu"?)',
    ]);
  });

  it('may be a pool of the same file', () => {
    expect(problemsOf(file({}, { pool: 'tapes' }, { pools: [{ name: 'tapes', slots: 2 }] }))).toEqual([]);
    expect(problemsOf({ pools: [{ name: 'tapes' }, { name: 'tapes', slots: 0 }] })).toEqual([
      'definition.required /pools/0/slots: "slots" is required: how many runs may be active at once',
      'definition.type /pools/1/slots: "slots" must be a whole number from 1 to 2147483647',
      'definition.duplicate /pools/1/name: "tapes" is defined twice',
    ]);
  });
});

describe('the calibrations of a step', () => {
  const dark = (from: object): object => ({
    associations: [{ name: 'dark', from, policy: 'nearest', max_offset: '1 d' }],
  });

  it('are kept as they were written', () => {
    const wanted = dark({ pipeline: 'darks', step: 'combine' });
    expect(parsed(file({}, wanted))?.steps[0]).toMatchObject(wanted);
  });

  it.each<[object, string]>([
    [
      dark({ pipeline: 'dark', step: 'combine' }),
      'associations.unknown_pipeline /pipelines/0/steps/0/associations/0/from: there is no pipeline "dark" (did you mean "darks"?)',
    ],
    [
      dark({ pipeline: 'darks', step: 'combin' }),
      'associations.unknown_step /pipelines/0/steps/0/associations/0/from: there is no step "combin" (did you mean "combine"?)',
    ],
    [
      dark({ step: 'extract' }),
      'associations.own_step /pipelines/0/steps/0/associations/0/from: a step cannot be calibrated by its own products: name another step, or leave the association out',
    ],
    [
      { associations: [{ name: 'dark', from: { step: 'extract' }, policy: 'closest' }] },
      'definition.value /pipelines/0/steps/0/associations/0/policy: "policy" must be one of nearest, newest, covering, interpolate',
    ],
  ])('are checked: %j', (ofStep, problem) => {
    expect(problemsOf(file({}, ofStep))).toEqual([problem]);
  });
});
