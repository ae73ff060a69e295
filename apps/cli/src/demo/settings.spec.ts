import { CliError } from '../cli-error.js';
import { parseSetting, withSettings } from './settings.js';

describe('--set', () => {
  it.each([
    ['extract.threshold=5', { step: 'extract', parameter: 'threshold', value: 5 }],
    ['mosaic.mode=median', { step: 'mosaic', parameter: 'mode', value: 'median' }],
    ['a.b.c={"x":[1]}', { step: 'a', parameter: 'b.c', value: { x: [1] } }],
    ['a.b=', { step: 'a', parameter: 'b', value: '' }],
    ['a.b=x=y', { step: 'a', parameter: 'b', value: 'x=y' }],
  ])('%s', (text, setting) => {
    expect(parseSetting(text)).toEqual(setting);
  });

  it.each(['threshold=5', 'a.b', ''])('%j is refused', (text) => {
    expect(() => parseSetting(text)).toThrow(CliError);
  });

  it('overrides one parameter and keeps the others', () => {
    const pipeline = { name: 'p', steps: [{ name: 'a', config: { x: 1, y: 2 } }, { name: 'b' }] };

    expect(withSettings(pipeline, [parseSetting('a.x=9'), parseSetting('b.z=1')])).toEqual({
      name: 'p',
      steps: [
        { name: 'a', config: { x: 9, y: 2 } },
        { name: 'b', config: { z: 1 } },
      ],
    });
  });

  it('names the steps there are when it does not find one', () => {
    expect(() => withSettings({ steps: [{ name: 'a' }] }, [parseSetting('c.x=1')])).toThrow(
      '--set c.x: the pipeline has no step "c".',
    );
  });
});
