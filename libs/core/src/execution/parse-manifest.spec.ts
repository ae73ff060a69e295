import { buildManifest, manifestText, type ManifestFacts, type ManifestInput } from './manifest.js';
import { parseManifest } from './parse-manifest.js';

const input: ManifestInput = {
  ...{ id: 3, name: 'a.fits', path: '/a', size_bytes: 1, sha256: 'a'.repeat(64), dims: {} },
  ...{ product_type: null, role: 'member', external_id: 'raw-1' },
};
const facts: ManifestFacts = {
  ...{ runId: 12, attempt: 1, runDims: {}, pipeline: 'maps', step: 'grid', isFinalStep: true, config: {} },
  software: { name: 'gridder', version: '1.4.2', digest: `sha256:${'b'.repeat(64)}` },
  resources: { cpus: 2, memoryMb: 500, walltimeMinutes: 10 },
  inputs: [input],
  outputs: {},
  provenance: {
    ...{ location: 'cluster', sub_group: { key: 'k', dims: {} }, recipe: { hash: 'c', document: {} } },
    ...{ software_hash: 'd', config_hash: 'e', priority: 0, causes: [], created_at: '', remakes_run: null },
  },
};
const manifest = buildManifest(facts);

describe('a manifest that is read back', () => {
  it('is what was written', () => {
    expect(parseManifest(manifestText(manifest))).toEqual(manifest);
  });

  it.each([
    ['is cut off', manifestText(manifest).slice(0, 100), /cannot be used/],
    ['is of an older version', JSON.stringify({ ...manifest, provenance: undefined }), /no provenance/],
    [
      'has an input of unknown origin',
      { inputs: [{ ...input, external_id: undefined }] },
      /"a.fits" says neither/,
    ],
    ['has no inputs', { inputs: {} }, /inputs is not a list/],
    [
      'has a sub-group without a key',
      { provenance: { ...facts.provenance, sub_group: { dims: {} } } },
      /key of sub_group/,
    ],
    [
      'has a bound input that does not say how',
      { inputs: [{ ...input, role: 'association', binding: 'dark' }] },
      /association/,
    ],
  ] as const)('is refused when it %s', (_, change, words) => {
    const text = typeof change === 'string' ? change : JSON.stringify({ ...manifest, ...change });
    expect(() => parseManifest(text)).toThrow(words);
  });
});
