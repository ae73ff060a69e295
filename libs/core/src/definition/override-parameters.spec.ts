import { overrideParameters } from './override-parameters.js';

describe('overrideParameters', () => {
  const parameters = { aperture: 4, fit: { order: 1, sigma: 2 }, bands: ['J', 'H'] };

  it.each([
    ['nothing', {}, parameters],
    ['a value', { aperture: 5 }, { ...parameters, aperture: 5 }],
    [
      'a value inside an object, which keeps its others',
      { fit: { order: 3 } },
      { ...parameters, fit: { order: 3, sigma: 2 } },
    ],
    ['a list as a whole', { bands: ['Ks'] }, { ...parameters, bands: ['Ks'] }],
    ['an object by a value', { fit: false }, { ...parameters, fit: false }],
    ['a value by an object', { aperture: { inner: 1 } }, { ...parameters, aperture: { inner: 1 } }],
    ['what was not said', { workers: 8 }, { ...parameters, workers: 8 }],
    ['a name that every object has', { toString: 'x' }, { ...parameters, toString: 'x' }],
  ])('replaces %s', (_, overrides, expected) => {
    expect(overrideParameters(parameters, overrides)).toEqual(expected);
  });
});
