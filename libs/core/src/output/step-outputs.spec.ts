import fc from 'fast-check';
import { parseStepOutputs } from './step-outputs.js';

describe('parseStepOutputs', () => {
  it('promises nothing when nothing is said', () => {
    expect([parseStepOutputs({}), parseStepOutputs(undefined)]).toEqual([
      { required: [], metrics: [], rules: [] },
      { required: [], metrics: [], rules: [] },
    ]);
  });

  it('reads every member', () => {
    expect(
      parseStepOutputs({
        required: [{ pattern: '*.fits' }, { pattern: 'done', min_bytes: 0 }],
        metrics: ['snr'],
        rules: [{ pattern: '*.dat', type: 'SCIENCE' }],
      }),
    ).toEqual({
      required: [
        { pattern: '*.fits', minBytes: 1 },
        { pattern: 'done', minBytes: 0 },
      ],
      metrics: ['snr'],
      rules: [{ pattern: '*.dat', type: 'SCIENCE' }],
    });
  });

  it('names all that is wrong at once', () => {
    const parse = () =>
      parseStepOutputs({
        required: [{}, { pattern: '/abs' }, { pattern: 'a', min_bytes: -1 }],
        metrics: [1],
        rules: [{ pattern: 'a', type: 'x' }],
        more: 1,
      });

    expect(parse).toThrow(
      expect.objectContaining({
        code: 'outputs.invalid',
        problems: [
          '/more',
          '/required/0/pattern',
          '/required/1/pattern',
          '/required/2/min_bytes',
          '/metrics/0',
          '/rules/0/type',
        ].map((path) => expect.objectContaining({ path })),
      }),
    );
  });

  it('returns promises or throws a DomainError, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (json) => {
        try {
          expect(Object.keys(parseStepOutputs(json))).toEqual(['required', 'metrics', 'rules']);
        } catch (error) {
          expect(error).toMatchObject({ code: 'outputs.invalid' });
        }
      }),
    );
  });
});
