import fc from 'fast-check';
import { parseMetricsFile } from './metrics-file.js';

const SNR = { name: 'snr', value: 5.5, unit: '' };
const RMS = { name: 'rms', value: 0.01, unit: 'Jy/beam' };

describe('parseMetricsFile', () => {
  it.each<[string, unknown]>([
    ['a plain object', { snr: 5.5, rms: { value: 0.01, unit: 'Jy/beam' } }],
    [
      'a list',
      [
        { name: 'snr', value: 5.5 },
        { name: 'rms', value: 0.01, unit: 'Jy/beam' },
      ],
    ],
    ['an object under metrics', { metrics: { snr: 5.5, rms: { value: 0.01, unit: 'Jy/beam' } } }],
    [
      'a list under metrics',
      {
        metrics: [
          { name: 'snr', value: 5.5 },
          { name: 'rms', value: 0.01, unit: 'Jy/beam' },
        ],
      },
    ],
  ])('reads %s', (_, document) => {
    expect(parseMetricsFile(JSON.stringify(document))).toEqual({ metrics: [SNR, RMS], warnings: [] });
  });

  it('reads a metric that is called metrics', () => {
    expect(parseMetricsFile('{"metrics": {"value": 3}}')).toEqual({
      metrics: [{ name: 'metrics', value: 3, unit: '' }],
      warnings: [],
    });
  });

  it('leaves out what is not a finite number, by name, and keeps the rest', () => {
    const text =
      '{"snr": 5.5, "nan": NaN, "inf": -Infinity, "text": "3", "none": null, "yes": true, "huge": 1e999, "list": [1], "": 2}';

    const { metrics, warnings } = parseMetricsFile(text);

    expect(metrics).toEqual([SNR]);
    expect(warnings.map((warning) => warning.message)).toEqual([
      ...['nan', 'inf', 'text', 'none', 'yes', 'huge', 'list'].map(
        (name) => `metrics.json: ${name} is not a finite number`,
      ),
      'metrics.json: a metric has no usable name',
    ]);
  });

  it('does not touch NaN inside a text', () => {
    expect(parseMetricsFile('{"NaN": {"value": 1, "unit": "NaN \\" Infinity"}, "x": NaN}').metrics).toEqual([
      { name: 'NaN', value: 1, unit: 'NaN " Infinity' },
    ]);
  });

  it('takes the last of two values of one name', () => {
    expect(parseMetricsFile('[{"name": "a", "value": 1}, {"name": "a", "value": 2}]').metrics).toEqual([
      { name: 'a', value: 2, unit: '' },
    ]);
  });

  it.each(['', 'nope', '{"a": 1', '3', '"x"', 'null'])('warns when the file is %j', (text) => {
    expect(parseMetricsFile(text)).toEqual({
      metrics: [],
      warnings: [expect.objectContaining({ code: 'metrics_file.invalid' })],
    });
  });

  it('gives unique names and finite numbers, or warnings, for any JSON and any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const { metrics } = parseMetricsFile(text);
        expect(metrics.every((metric) => Number.isFinite(metric.value) && metric.name !== '')).toBe(true);
        expect(new Set(metrics.map((metric) => metric.name)).size).toBe(metrics.length);
      }),
    );
  });
});
