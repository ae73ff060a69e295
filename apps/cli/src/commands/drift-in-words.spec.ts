import type { Pipeline, PipelineDetail } from '../api/api-types.js';
import { agreementInWords, driftInWords } from './drift-in-words.js';

const NOW = new Date('2026-05-01T12:00:00Z');
const pipeline = (name: string, values: Partial<Pipeline> = {}): Pipeline => ({
  ...{ id: 1, name, description: '', grouping: 'm17', location: 'disk', trigger: 'CONTINUOUS' },
  ...{ trigger_config: null, priority: 0, enabled: true, paused_at: null, sub_groups: {} },
  ...{ drift_count: 0, reconciled_at: '2026-05-01T11:30:00.000Z' },
  ...values,
});
const withDrift = (name: string, drift: Readonly<Record<string, number>>): PipelineDetail => ({
  ...pipeline(name, { drift_count: 1 }),
  steps: Object.entries(drift).map(([step, drift_count], position) => ({
    ...{ name: step, position, software: 'phot', software_version: '1.0.0', depends_on: [] },
    ...{ paused_at: null, sub_groups: {}, drift_count },
  })),
});

describe('agreementInWords', () => {
  it.each<[string, readonly Pipeline[]]>([
    ['no pipelines yet', []],
    [
      '2 of 2 pipelines agree with the archive (compared longest ago: 40 min ago)',
      [pipeline('a'), pipeline('b', { reconciled_at: '2026-05-01T13:20:00+02:00' })],
    ],
    [
      '1 of 2 pipelines agree with the archive (compared longest ago: 30 min ago); still to be evaluated: new',
      [pipeline('a'), pipeline('new', { reconciled_at: null })],
    ],
    ['still to be evaluated: new', [pipeline('new', { reconciled_at: null })]],
  ])('says: %s', (words, pipelines) => {
    expect(agreementInWords(pipelines, NOW)).toBe(words);
  });
});

describe('driftInWords', () => {
  it('names every step that was wrong, and how often', () => {
    expect(driftInWords([withDrift('survey', { map: 3, cut: 0 }), withDrift('darks', { combine: 1 })])).toBe(
      'sub-groups were not what the archive says: 3 of survey/map, 1 of darks/combine',
    );
  });
});
