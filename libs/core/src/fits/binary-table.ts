import type { ResultColumn } from '../table/result-table.js';
import type { JsonScalar } from '../shared/json.js';
import { BLOCK_LENGTH, CARD_LENGTH, formatCards, type FitsCard, type FitsValue } from './fits-card.js';

/** A column of a binary table (FITS Standard 4.0, §7.3). */
export interface TableField extends Pick<
  ResultColumn,
  'name' | 'type' | 'unit' | 'description' | 'section' | 'bits'
> {
  /** Bytes of the longest text in UTF-8, at least 1; of no meaning for other types. */
  readonly width: number;
}

/** `YYYY-MM-DDTHH:MM:SS.ffffff`, the form of DATE keywords: UTC without a letter. */
const TIMESTAMP_WIDTH = 26;

const SIZES = { boolean: 1, int16: 2, int32: 4, int64: 8, float32: 4, float64: 8, flags: 4 } as const;
const FORMS = {
  boolean: 'L',
  int16: 'I',
  int32: 'J',
  int64: 'K',
  float32: 'E',
  float64: 'D',
  flags: 'J',
} as const;
/** What stands for null in columns of whole numbers: the smallest, which no row may hold. */
const NULLS: Partial<Record<ResultColumn['type'], FitsValue>> = {
  int16: -(2 ** 15),
  int32: -(2 ** 31),
  int64: -(2n ** 63n),
};

function widthOf({ type, width }: TableField): number {
  if (type === 'text') return width;
  return type === 'timestamp' ? TIMESTAMP_WIDTH : SIZES[type];
}

export const rowLength = (fields: readonly TableField[]): number =>
  fields.reduce((sum, field) => sum + widthOf(field), 0);

/** Bytes that follow `length` bytes of data to the end of their block. */
export const paddingOf = (length: number): number => (BLOCK_LENGTH - (length % BLOCK_LENGTH)) % BLOCK_LENGTH;

export interface TableHeader {
  /** EXTNAME. */
  readonly name: string;
  readonly fields: readonly TableField[];
  readonly rows: number;
  /** Further keywords. */
  readonly cards: readonly FitsCard[];
  readonly checksum: string;
  /** DATASUM: the ones' complement sum over the data, in decimal. */
  readonly dataSum: number;
}

/** The header of a table extension; as long for any number of rows, checksum and sum of data. */
export function tableHeader({ name, fields, rows, cards, checksum, dataSum }: TableHeader): Uint8Array {
  return headerOf([
    keyword('XTENSION', 'BINTABLE', 'binary table extension'),
    keyword('BITPIX', 8, '8-bit bytes'),
    keyword('NAXIS', 2, 'two axes: bytes and rows'),
    keyword('NAXIS1', rowLength(fields), 'bytes of a row'),
    keyword('NAXIS2', rows, 'number of rows'),
    keyword('PCOUNT', 0, 'no heap'),
    keyword('GCOUNT', 1, 'one table'),
    keyword('TFIELDS', fields.length, 'number of columns'),
    keyword('EXTNAME', name, ''),
    keyword('CHECKSUM', checksum, 'of the unit'),
    keyword('DATASUM', String(dataSum).padStart(10), 'of the data'),
    ...cards,
    ...fields.flatMap((field, index) => [
      ...sectionCards(field, fields[index - 1]),
      ...fieldCards(field, index + 1),
    ]),
  ]);
}

/** A primary header without data, before the first extension. */
export const primaryHeader = (cards: readonly FitsCard[], checksum: string): Uint8Array =>
  headerOf([
    keyword('SIMPLE', true, 'a FITS file'),
    keyword('BITPIX', 8, 'no image'),
    keyword('NAXIS', 0, 'no data here'),
    keyword('EXTEND', true, 'tables follow'),
    keyword('CHECKSUM', checksum, 'of the unit'),
    keyword('DATASUM', '0'.padStart(10), 'of the data'),
    ...cards,
  ]);

export const keyword = (name: string, value: FitsValue, comment: string): FitsCard => ({
  keyword: name,
  value,
  comment,
});
export const comment = (text: string): FitsCard => ({ keyword: 'COMMENT', value: undefined, comment: text });

/** A heading where another section begins, and what bits mean. */
function sectionCards({ section, bits, name }: TableField, before: TableField | undefined): FitsCard[] {
  const isNew = section !== '' && section !== before?.section;
  return [
    ...(isNew ? [comment(''), comment(`--- ${section} ---`)] : []),
    ...bits.map(({ bit, name: flag, description }) =>
      comment(`${name}: bit ${bit} (${2 ** bit}) is ${flag}${description === '' ? '' : `: ${description}`}`),
    ),
  ];
}

function fieldCards(field: TableField, number: number): FitsCard[] {
  const { name, type, unit, description } = field;
  const form = type === 'text' || type === 'timestamp' ? `${widthOf(field)}A` : FORMS[type];
  const missing = NULLS[type];
  return [
    keyword(`TTYPE${number}`, name, ''),
    keyword(`TFORM${number}`, form, ''),
    ...(unit === '' ? [] : [keyword(`TUNIT${number}`, unit, '')]),
    ...(missing === undefined ? [] : [keyword(`TNULL${number}`, missing, '')]),
    ...(description === '' ? [] : [keyword(`TCOMM${number}`, description, '')]),
  ];
}

/** Before the first text that needs several cards: HEASARC's convention, whose absence its checker warns of. */
const LONG_TEXTS = keyword('LONGSTRN', 'OGIP 1.0', 'texts may go on over several cards');

function headerOf(cards: readonly FitsCard[]): Uint8Array {
  const first = cards.findIndex((card) => card.value !== undefined && formatCards(card).length > 1);
  const told = first < 0 ? cards : [...cards.slice(0, first), LONG_TEXTS, ...cards.slice(first)];
  const text = [...told.flatMap(formatCards), 'END'.padEnd(CARD_LENGTH)].join('');
  const padded = text.padEnd(text.length + paddingOf(text.length));
  return Uint8Array.from(padded, (character) => character.charCodeAt(0));
}

/** Writes one row, big-endian, at `offset` of `target`; returns where the next begins. */
export function writeRow(
  fields: readonly TableField[],
  values: readonly JsonScalar[],
  target: DataView,
  offset: number,
): number {
  let at = offset;
  fields.forEach((field, index) => {
    writeValue(field, values[index] ?? null, target, at);
    at += widthOf(field);
  });
  return at;
}

function writeValue(field: TableField, value: JsonScalar, target: DataView, at: number): void {
  switch (field.type) {
    case 'boolean':
      return target.setUint8(at, value === null ? 0 : value === true ? 0x54 : 0x46);
    case 'int16':
      return target.setInt16(at, Number(value ?? NULLS.int16));
    case 'int32':
      return target.setInt32(at, Number(value ?? NULLS.int32));
    case 'int64':
      return target.setBigInt64(at, value === null ? -(2n ** 63n) : BigInt(value));
    case 'flags':
      return target.setInt32(at, Number(value ?? 0));
    case 'float32':
      return target.setFloat32(at, value === null ? Number.NaN : Number(value));
    case 'float64':
      return target.setFloat64(at, value === null ? Number.NaN : Number(value));
    case 'timestamp':
      return writeText(String(value ?? '').replace(/Z$/, ''), TIMESTAMP_WIDTH, target, at);
    case 'text':
      return writeText(String(value ?? ''), field.width, target, at);
  }
}

/** FITS texts are ASCII: any other character becomes `?`, one for each of its bytes in UTF-8, so that the width holds. */
function writeText(text: string, width: number, target: DataView, at: number): void {
  const ascii = text.replace(/[^ -~]/gu, (character) => '?'.repeat(utf8Length(character)));
  for (let index = 0; index < width; index += 1)
    target.setUint8(at + index, index < ascii.length ? ascii.charCodeAt(index) : 0);
}

function utf8Length(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
