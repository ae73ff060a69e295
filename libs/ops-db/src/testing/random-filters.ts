import { columnsOf, FILTER_TABLE_NAMES, type Column, type Json } from '@meridian/core';
import fc from 'fast-check';
import {
  DIMENSION_NAMES,
  JSON_PATHS,
  number,
  position,
  scalar,
  text,
  time,
  UNKNOWN_DIMENSION,
} from './hostile-values.js';

type Leaf = fc.Arbitrary<Json>;

const EQUALITY = ['eq', 'neq'] as const;
const ORDER = ['gt', 'gte', 'lt', 'lte'] as const;

const likePattern = text.filter((value) => !/(^|[^\\])(\\\\)*\\$/.test(value));
const regexPiece = fc.constantFrom(
  'a',
  'b',
  '.',
  '\\d',
  '\\w',
  '\\s',
  '\\S',
  '\\W',
  '[a-c]',
  '[^a-c]',
  '[\\d_]',
  '[%_]',
  '(a|b)',
  '(a|é)',
  '(ab?)+',
  'é',
  '😀',
  '\\.',
  '\\\\',
  '\\%',
  '\\$',
  "'",
  '5',
  'C{0,2}',
  '(.b){1,2}',
  '\\n',
  '[\\]\\-]',
);
const quantified = fc
  .tuple(regexPiece, fc.constantFrom('', '', '', '*', '+', '?', '{2}'))
  .map(([piece, sign]) => (/[})+?*]$/.test(piece) && sign !== '' ? piece : piece + sign));
const composedPattern = fc
  .tuple(
    fc.constantFrom('', '^'),
    fc.array(quantified, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '$', '|abc', '|^5'),
  )
  .map(([start, pieces, end]) => start + pieces.join('') + end);
const regexPattern = fc.oneof(
  { weight: 3, arbitrary: composedPattern },
  { weight: 1, arbitrary: fc.constantFrom('^.+$', '^line.break$', '^[^a]+$', '\\s', '^\\S*$', '^[\\w ]+$') },
);
const duration = fc.constantFrom('P1D', 'P7D', 'PT12H', 'P2W', 'P9000D', 'PT1S', 'P36525D');

/** Every operator that a field of this kind of value takes, as rules over `field`. */
function rulesOver(
  field: Record<string, Json>,
  value: Leaf,
  abilities: { order?: Leaf; text?: boolean; time?: boolean },
): Leaf {
  const rule = (operator: string, arbitrary: Leaf): Leaf =>
    arbitrary.map((entry) => ({ ...field, operator, value: entry }));
  const rules = [
    ...EQUALITY.map((operator) => rule(operator, value)),
    ...(['in', 'not_in'] as const).map((operator) =>
      rule(operator, fc.array(value, { minLength: 1, maxLength: 4 })),
    ),
    rule('is_null', fc.boolean()),
  ];
  const { order } = abilities;
  if (order !== undefined)
    rules.push(
      ...ORDER.map((operator) => rule(operator, order)),
      rule(
        'between',
        fc.tuple(order, order).filter(([low, high]) => typeof low === typeof high),
      ),
    );
  if (abilities.text === true) rules.push(rule('like', likePattern), rule('regex', regexPattern));
  if (abilities.time === true) rules.push(rule('within_last', duration));
  return fc.oneof(...rules);
}

function columnRules(table: string, name: string, column: Column): Leaf {
  const field = { table, column: name };
  switch (column.type) {
    case 'text':
      return rulesOver(field, text, { order: text, text: true });
    case 'enum':
      return fc.oneof(
        rulesOver(
          field,
          fc.constantFrom(...(column.values ?? []).flatMap((value) => [value, value.toLowerCase()])),
          {},
        ),
        fc.constantFrom('%a%', 'FAIL__', 'raw%').map((value) => ({ ...field, operator: 'like', value })),
      );
    case 'uuid':
      return rulesOver(
        field,
        fc
          .nat({ max: 20 })
          .map((n) => `6A4BD9B2-9C1F-4E0E-8F42-${(n + 0xab0).toString(16).padStart(12, '0')}`),
        {},
      );
    case 'integer':
    case 'float':
      return rulesOver(field, number, { order: number });
    case 'boolean':
      return rulesOver(field, fc.boolean(), {});
    case 'timestamp':
      return rulesOver(field, time, { order: time, time: true });
    case 'json':
      return fc.constantFrom(...JSON_PATHS).chain((path) =>
        rulesOver({ ...field, json_path: path }, scalar, {
          order: fc.oneof(text, number),
          text: true,
          time: true,
        }),
      );
  }
}

const dimRule = fc
  .constantFrom(...DIMENSION_NAMES, UNKNOWN_DIMENSION)
  .chain((dim) => rulesOver({ dim }, scalar, { order: fc.oneof(text, number), text: true, time: true }));
const columnRule = fc
  .constantFrom(...FILTER_TABLE_NAMES)
  .chain((table) =>
    fc
      .constantFrom(...Object.entries(columnsOf(table)))
      .chain(([name, column]) => columnRules(table, name, column)),
  );
const rangeRule = fc.tuple(time, time, fc.constantFrom('both', 'start', 'end')).map(([a, b, ends]): Json => ({
  operator: 'overlaps',
  value:
    ends === 'start'
      ? { start: a }
      : ends === 'end'
        ? { end: a }
        : a < b
          ? { start: a, end: b }
          : a > b
            ? { start: b, end: a }
            : { start: a },
}));
const coneRule = fc
  .tuple(position, fc.constantFrom(0, 1e-6, 0.001, 1, 30, 60, 90, 180))
  .map(([[ra_deg, dec_deg], radius_deg]): Json => ({
    operator: 'cone',
    value: { ra_deg, dec_deg, radius_deg },
  }));

/** Rules over every field, with values from the pools that the hostile items are made of, so that many match something. */
export const randomRule: Leaf = fc.oneof(
  { weight: 5, arbitrary: dimRule },
  { weight: 6, arbitrary: columnRule },
  { weight: 1, arbitrary: rangeRule },
  { weight: 1, arbitrary: coneRule },
  { weight: 1, arbitrary: duration.map((value) => ({ operator: 'within_last', value })) },
);

/** Valid filters of up to four levels. */
export const randomFilter: Leaf = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 3, arbitrary: randomRule },
    { weight: 1, arbitrary: fc.array(tie('tree'), { maxLength: 3 }).map((all) => ({ all })) },
    { weight: 1, arbitrary: fc.array(tie('tree'), { maxLength: 3 }).map((any) => ({ any })) },
    { weight: 1, arbitrary: tie('tree').map((not) => ({ not })) },
    { weight: 1, arbitrary: fc.array(tie('tree'), { maxLength: 3 }) },
  ),
})).tree;
