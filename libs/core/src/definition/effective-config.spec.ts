import fc from 'fast-check';
import type { DomainError } from '../shared/domain-error.js';
import type { JsonObject } from '../shared/json.js';
import { effectiveConfig } from './effective-config.js';

const schema: JsonObject = {
  type: 'object',
  $defs: { sigma: { type: 'number', default: 3 } },
  properties: {
    aperture: { type: 'number', default: 4 },
    workers: { type: 'integer', default: 2, 'x-role': 'runtime' },
    colour: { type: 'string', default: 'viridis', 'x-role': 'presentation' },
    title: { type: 'string' },
    clip: { $ref: '#/$defs/sigma' },
    fit: {
      type: 'object',
      properties: { order: { default: 1 }, verbose: { default: false, 'x-role': 'runtime' } },
    },
  },
};
const problemsOf = (parameters: JsonObject, of: JsonObject = schema): unknown => {
  try {
    return effectiveConfig(of, parameters);
  } catch (error) {
    return (error as DomainError).problems.map(({ path, message }) => `${path} ${message}`);
  }
};

describe('effectiveConfig', () => {
  it('fills defaults in at every depth and keeps only identity parameters for the recipe', () => {
    expect(effectiveConfig(schema, { aperture: 5, fit: { verbose: true } })).toEqual({
      all: { aperture: 5, workers: 2, colour: 'viridis', clip: 3, fit: { order: 1, verbose: true } },
      identity: { aperture: 5, clip: 3, fit: { order: 1 } },
    });
  });

  it('names every unknown key by its pointer, with the nearest known one', () => {
    expect(problemsOf({ apertur: 1, fit: { oder: 2 }, 'a/b': 1 })).toEqual([
      '/fit/oder the software has no parameter "oder" (did you mean "order"?)',
      '/apertur the software has no parameter "apertur" (did you mean "aperture"?)',
      '/a~1b the software has no parameter "a/b"',
    ]);
  });

  it('a schema may allow further parameters; they are identity', () => {
    expect(effectiveConfig({ additionalProperties: true }, { anything: [1] })).toEqual({
      all: { anything: [1] },
      identity: { anything: [1] },
    });
  });

  it('keys of Object.prototype are unknown keys like any other', () => {
    expect(
      problemsOf(JSON.parse('{"__proto__": 1, "constructor": 2}') as JsonObject, { properties: {} }),
    ).toEqual([
      '/__proto__ the software has no parameter "__proto__"',
      '/constructor the software has no parameter "constructor"',
    ]);
  });

  it('writing defaults out changes nothing, whichever they are', () => {
    const defaults = {
      aperture: 4,
      workers: 2,
      colour: 'viridis',
      clip: 3,
      fit: { order: 1, verbose: false },
    };
    const written = fc.subarray(Object.keys(defaults) as (keyof typeof defaults)[]);
    fc.assert(
      fc.property(written, (keys) => {
        const parameters = Object.fromEntries(keys.map((key) => [key, defaults[key]])) as JsonObject;
        expect(effectiveConfig(schema, parameters)).toEqual(effectiveConfig(schema, {}));
      }),
    );
  });
});
