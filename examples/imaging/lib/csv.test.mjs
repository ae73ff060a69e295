import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCsv, parseCsv, toNumber } from './csv.mjs';

test('tables survive, with awkward names and unknown values', () => {
  const rows = [
    ['a, "quoted" # name', 1.5, NaN],
    ['line\nbreak', -2, null],
    ['', 0, 3],
  ];
  const text = formatCsv(['name', 'value', 'rest'], rows, { note: 'two\nlines: of text' });
  assert.deepEqual(parseCsv(text), {
    notes: { note: 'two lines: of text' },
    rows: [
      { name: 'a, "quoted" # name', value: '1.5', rest: '' },
      { name: 'line break', value: '-2', rest: '' },
      { name: '', value: '0', rest: '3' },
    ],
  });
});

test('an empty field is not zero', () => {
  assert.deepEqual([toNumber(''), toNumber(undefined), toNumber('0')], [NaN, NaN, 0]);
});
