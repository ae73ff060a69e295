import type { ProvenanceDocument, ProvenanceItem, ProvenanceRun } from '../provenance-document.js';

const sha = (digit: string): string => digit.repeat(64);
const item = (id: number, digit: string, more: Partial<ProvenanceItem> = {}): ProvenanceItem => ({
  ...{
    id,
    kind: 'DATA_PRODUCT',
    name: `map-${id}.fits`,
    sha256: sha(digit),
    sizeBytes: 2880,
    dims: { tile: 'm17' },
  },
  ...{
    type: 'SCIENCE',
    description: '',
    externalId: null,
    observedAt: null,
    registeredAt: '2026-05-01T02:00:00.000Z',
  },
  ...more,
});
const run = (id: number, more: Partial<ProvenanceRun> = {}): ProvenanceRun => ({
  ...{
    id,
    pipeline: 'm17',
    step: 'extract',
    status: 'COMPLETED',
    owner: 'token:ada lovelace',
    location: 'cluster',
  },
  ...{ dims: { tile: 'm17' }, recipeHash: sha('e'), parameters: {}, attempt: 1, host: 'node17' },
  ...{ startedAt: '2026-05-01T01:00:00.000Z', endedAt: '2026-05-01T01:30:00.000Z' },
  software: {
    ...{
      name: 'extract',
      version: '1.2.0',
      digest: `sha256:${sha('d')}`,
      hostDirectory: null,
      command: ['extract', '--all'],
    },
    ...{ image: 'docker://registry.example.org/extract:1.2.0', imageDigest: `sha256:${sha('c')}` },
  },
  ...more,
});

/**
 * Two raw files and a calibration, extracted by two runs and put together by a third; the first raw file was replaced between the two, and
 * names and parameters hold whatever names and parameters can hold.
 */
export function anObservation(): ProvenanceDocument {
  const raw = { kind: 'RAW_DATA_FILE', type: null, observedAt: '2026-04-30T23:00:00.000Z' } as const;
  return {
    installation: 'abcd1234',
    subject: { kind: 'product', id: 6, name: 'map-6.fits' },
    items: [
      item(1, '1', { ...raw, name: 'tile <1> & "a".fits', externalId: 'raw/2026/1' }),
      item(2, '2', { ...raw, name: 'Kachel-ß-星.fits', externalId: 'raw/2026/2' }),
      item(3, '3', { ...raw, name: 'dark.fits', externalId: 'raw/dark' }),
      item(4, '4'),
      item(5, '5', { type: 'PLOT', name: 'map-5.png', description: 'a look at it' }),
      item(6, '6'),
    ],
    runs: [
      run(11, { parameters: { threshold: 3.5, fit: { order: 2 }, label: 'a "b" <c>', nothing: null } }),
      run(12, { host: null, startedAt: null }),
      run(13, {
        ...{ step: 'mosaic', status: 'COMPLETED_WITH_WARNINGS', endedAt: '2026-05-01T02:00:00.000Z' },
        software: {
          ...{
            name: 'mosaic@home',
            version: '2.0.0-rc.1',
            digest: `sha256:${sha('b')}`,
            image: null,
            imageDigest: null,
          },
          ...{ hostDirectory: '/opt/mosaic', command: ['python3', 'mosaic.py'] },
        },
      }),
    ],
    used: [
      { runId: 11, itemId: 1, sha256: sha('0'), binding: '' },
      { runId: 11, itemId: 3, sha256: sha('3'), binding: 'dark' },
      { runId: 12, itemId: 1, sha256: sha('1'), binding: '' },
      { runId: 12, itemId: 2, sha256: sha('2'), binding: '' },
      { runId: 13, itemId: 4, sha256: sha('4'), binding: '' },
      { runId: 13, itemId: 5, sha256: sha('5'), binding: '' },
    ],
    generated: [
      { runId: 11, itemId: 4, sha256: sha('4') },
      { runId: 12, itemId: 5, sha256: sha('5') },
      { runId: 13, itemId: 6, sha256: sha('6') },
    ],
  };
}
