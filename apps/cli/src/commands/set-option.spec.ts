import { CliError } from '../cli-error.js';
import { parseSettings } from './set-option.js';

describe('parseSettings', () => {
  const steps = ['extract', 'extract.v2', 'map'];

  it('gathers parameters by step, at every depth', () => {
    const texts = [
      'extract.aperture=5',
      'extract.fit.order=2',
      'extract.fit.sigma=1.5',
      'map.name=007',
      'map.png=false',
    ];
    expect(parseSettings(texts, steps)).toEqual({
      extract: { aperture: 5, fit: { order: 2, sigma: 1.5 } },
      map: { name: '007', png: false },
    });
  });

  it('takes the longest name of a step, and the last value of a parameter', () => {
    expect(parseSettings(['extract.v2.aperture=1', 'extract.v2.aperture=a=b'], steps)).toEqual({
      'extract.v2': { aperture: 'a=b' },
    });
  });

  it('reads lists and objects as JSON', () => {
    expect(parseSettings(['map.bands=["J", "H"]', 'map.fit={"order": 2}'], steps)).toEqual({
      map: { bands: ['J', 'H'], fit: { order: 2 } },
    });
  });

  it.each([
    ['aperture=5', 'is not of the form step.parameter=value.'],
    ['mosaic.aperture=5', 'is not of the form step.parameter=value.'],
    ['map.aperture', 'is not of the form step.parameter=value.'],
    ['map.=5', 'is not of the form step.parameter=value.'],
    ['map.fit..order=5', 'is not of the form step.parameter=value.'],
    ['map.bands=[J]', 'is not valid JSON.'],
  ])('refuses %s', (text, message) => {
    expect(() => parseSettings([text], steps)).toThrow(CliError);
    expect(() => parseSettings([text], steps)).toThrow(message);
  });
});
