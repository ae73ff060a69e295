import { classifyOutputs } from './classify-outputs.js';
import type { ProductType } from './product-type.js';

const typeOf = (
  path: string,
  options: {
    declared?: ProductType;
    rules?: { pattern: string; type: ProductType }[];
    isFinalStep?: boolean;
  } = {},
) => {
  const declared = new Map(options.declared === undefined ? [] : [[path, options.declared] as const]);
  const { products, warnings } = classifyOutputs({
    paths: [path],
    declared,
    rules: options.rules ?? [],
    isFinalStep: options.isFinalStep ?? true,
  });
  return [products[0]?.type, warnings.map((warning) => warning.code)];
};

describe('classifyOutputs', () => {
  it.each<[string, ProductType]>([
    ['science/a.png', 'SCIENCE'],
    ['qa/a.fits', 'QA_METRIC'],
    ['plots/a.fits', 'PLOT'],
    ['statistics/a', 'STATISTICS'],
    ['logs/a', 'LOG'],
    ['deep/science/a.png', 'PLOT'],
    ['science', 'OTHER'],
    ['map.fits', 'SCIENCE'],
    ['map.FITS.GZ', 'SCIENCE'],
    ['cube.zarr/0/0', 'SCIENCE'],
    ['table.csv', 'STATISTICS'],
    ['results/lines.ndjson', 'STATISTICS'],
    ['run.log', 'LOG'],
    ['catalog.fits', 'SCIENCE'],
    ['what.ever', 'OTHER'],
  ])('calls %s of a final step %s', (path, type) => {
    expect(typeOf(path)).toEqual([type, type === 'OTHER' ? ['output.unknown_type'] : []]);
  });

  it.each<[string, ProductType]>([
    ['map.fits', 'INTERMEDIATE'],
    ['what.ever', 'INTERMEDIATE'],
    ['preview.png', 'PLOT'],
    ['run.log', 'LOG'],
    ['science/map.fits', 'SCIENCE'],
  ])('calls %s of an intermediate step %s', (path, type) => {
    expect(typeOf(path, { isFinalStep: false })).toEqual([type, []]);
  });

  it('asks the tool first, then the step, then the folder, then the file type', () => {
    const rules = [
      { pattern: 'science/*', type: 'STATISTICS' as const },
      { pattern: '*.png', type: 'LOG' as const },
    ];

    expect(typeOf('science/a.png', { declared: 'QA_METRIC', rules })).toEqual(['QA_METRIC', []]);
    expect(typeOf('science/a.png', { rules })).toEqual(['STATISTICS', []]);
    expect(typeOf('science/a.png')).toEqual(['SCIENCE', []]);
    expect(typeOf('a.png')).toEqual(['PLOT', []]);
  });

  it('does not warn of a file that is OTHER on purpose', () => {
    expect(typeOf('x.y', { declared: 'OTHER' })).toEqual(['OTHER', []]);
    expect(typeOf('x.y', { rules: [{ pattern: '*.y', type: 'OTHER' }] })).toEqual(['OTHER', []]);
  });

  it('leaves out contract files, at the top only', () => {
    const paths = ['products.json', 'metrics.json', 'warnings.json', 'progress.ndjson', 'qa/metrics.json'];

    expect(classifyOutputs({ paths, declared: new Map(), rules: [], isFinalStep: true }).products).toEqual([
      { path: 'qa/metrics.json', type: 'QA_METRIC' },
    ]);
  });

  it('warns once of many unknown files', () => {
    const paths = Array.from({ length: 9 }, (_, n) => `f${n}.x`);

    expect(classifyOutputs({ paths, declared: new Map(), rules: [], isFinalStep: true }).warnings).toEqual([
      {
        code: 'output.unknown_type',
        message: 'no rule names the type of "f0.x", "f1.x", "f2.x", "f3.x", "f4.x" and 4 more; kept as OTHER',
      },
    ]);
  });
});
