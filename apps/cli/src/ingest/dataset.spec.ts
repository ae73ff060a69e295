import fc from 'fast-check';
import { datasetOf } from './dataset.js';

describe('the name of a dataset', () => {
  it('is the directory as a slug and a hash of its path', () => {
    expect(datasetOf('/data/M17 (2MASS)')).toMatch(/^m17-2mass-[0-9a-f]{8}$/);
  });

  it('differs for directories of the same name', () => {
    expect(datasetOf('/a/tiles')).not.toBe(datasetOf('/b/tiles'));
  });

  it('fits into a pipeline name, whatever the directory is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) =>
        /^[a-z0-9][a-z0-9-]{0,32}$/.test(datasetOf(`/${name}`)),
      ),
    );
  });
});
