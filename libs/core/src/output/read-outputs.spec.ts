import { readOutputs } from './read-outputs.js';
import { parseStepOutputs } from './step-outputs.js';

const file = (path: string, sizeBytes = 10) => ({ path, sizeBytes, sha256: 'a'.repeat(64) });
const product = (path: string, type: string, more: object = {}) => ({
  ...file(path),
  type,
  dims: {},
  metrics: [],
  description: '',
  ...more,
});

const read = (options: {
  files?: ReturnType<typeof file>[];
  texts?: Record<string, unknown>;
  outputs?: unknown;
  tables?: string[];
}) => {
  const text = (name: string) =>
    options.texts?.[name] === undefined ? null : JSON.stringify(options.texts[name]);
  return readOutputs({
    files: options.files ?? [],
    skipped: [],
    texts: { products: text('products'), metrics: text('metrics'), warnings: text('warnings') },
    outputs: parseStepOutputs(options.outputs),
    isFinalStep: true,
    tables: options.tables ?? [],
  });
};

describe('readOutputs', () => {
  it('puts files, types, dims, metrics and warnings together', () => {
    const outputs = read({
      files: [file('a.fits'), file('plots/p.png'), file('products.json'), file('metrics.json')],
      texts: {
        products: {
          products: [
            {
              path: 'a.fits',
              type: 'STATISTICS',
              dims: { band: 'b' },
              metrics: { snr: 3 },
              description: 'd',
            },
          ],
        },
        metrics: { rms: { value: 1, unit: 'Jy' } },
        warnings: ['careful'],
      },
      outputs: { required: [{ pattern: '*.fits' }], metrics: ['rms'] },
    });

    expect(outputs).toEqual({
      products: [
        product('a.fits', 'STATISTICS', {
          dims: { band: 'b' },
          metrics: [{ name: 'snr', value: 3, unit: '' }],
          description: 'd',
        }),
        product('plots/p.png', 'PLOT'),
      ],
      metrics: [{ name: 'rms', value: 1, unit: 'Jy' }],
      warnings: [{ code: 'tool.warning', message: 'careful' }],
      broken: [],
    });
  });

  it.each<[string, Parameters<typeof read>[0], string]>([
    [
      'a promised output is missing',
      { outputs: { required: [{ pattern: 'science/*.fits' }] } },
      'no output matches the promised science/*.fits',
    ],
    [
      'a promised output is empty',
      { files: [file('a.fits', 0)], outputs: { required: [{ pattern: '*.fits' }] } },
      'a.fits is promised by *.fits and has 0 of at least 1 bytes',
    ],
    [
      'only a contract file matches',
      { files: [file('metrics.json')], outputs: { required: [{ pattern: '*.json' }] } },
      'no output matches the promised *.json',
    ],
    [
      'a promised metric is missing',
      { texts: { metrics: { a: 1 } }, outputs: { metrics: ['snr'] } },
      'the promised metric snr was not measured',
    ],
    [
      'a promised metric is no number',
      { texts: { metrics: { snr: 'high' } }, outputs: { metrics: ['snr'] } },
      'the promised metric snr was not measured',
    ],
    [
      'there are no metrics at all',
      { outputs: { metrics: ['snr'] } },
      'the promised metric snr was not measured',
    ],
    [
      'products.json names a file that is not there',
      { files: [file('b')], texts: { products: [{ path: 'a' }] } },
      'products.json names a, which does not exist',
    ],
    [
      'products.json cannot be understood',
      { texts: { products: 3 } },
      'products.json holds no list of products',
    ],
  ])('breaks a promise when %s', (_, options, sentence) => {
    expect(read(options).broken).toEqual([sentence]);
  });

  it('may be empty where a step says so', () => {
    expect(
      read({ files: [file('done', 0)], outputs: { required: [{ pattern: 'done', min_bytes: 0 }] } }).broken,
    ).toEqual([]);
  });

  it('takes the rows of declared tables, and no others, for no products', () => {
    const files = ['results/flux.ndjson', 'results/outcomes.ndjson', 'results/other.ndjson'].map((path) =>
      file(path),
    );
    expect(read({ files, tables: ['flux'] }).products.map(({ path }) => path)).toEqual([
      'results/other.ndjson',
    ]);
  });

  it('tells of what the job script could not register', () => {
    const { warnings } = readOutputs({
      files: [],
      skipped: [{ path: 'latest', reason: 'symlink' }],
      texts: { products: null, metrics: null, warnings: null },
      outputs: parseStepOutputs({}),
      isFinalStep: true,
      tables: [],
    });

    expect(warnings).toEqual([{ code: 'output.skipped', message: 'not registered: "latest" (symlink)' }]);
  });
});
