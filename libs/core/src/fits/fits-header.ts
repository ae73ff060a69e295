import { BLOCK_LENGTH, CARD_LENGTH, parseCards, type FitsCard, type FitsValue } from './fits-card.js';

export type FitsHeader = ReadonlyMap<string, FitsValue>;

/** One header-data unit of a file. */
export interface FitsUnit {
  /** EXTNAME; empty without. */
  readonly name: string;
  readonly kind: 'primary' | 'image' | 'table' | 'other';
  /** NAXIS1, NAXIS2, …; empty without data. */
  readonly shape: readonly number[];
  readonly header: FitsHeader;
}

/**
 * Where the header that starts at `offset` ends: the first byte after its last block, or null while END has
 * not been seen in `bytes`.
 */
export function headerEnd(bytes: Uint8Array, offset: number): number | null {
  for (let at = offset; at + CARD_LENGTH <= bytes.length; at += CARD_LENGTH) {
    if (textOf(bytes, at, 8) === 'END     ')
      return offset + Math.ceil((at + CARD_LENGTH - offset) / BLOCK_LENGTH) * BLOCK_LENGTH;
  }
  return null;
}

/** True when the bytes can be the start of a FITS file. */
export const isFits = (bytes: Uint8Array): boolean =>
  textOf(bytes, 0, 30).startsWith('SIMPLE  =                    T');

/**
 * The keywords with a value of the header at `offset`; the first occurrence of a keyword wins.
 *
 * A card that cannot be read (a value without a closing quote, say) is left out: one bad card of a
 * telescope's software must not keep its file out of the archive.
 */
export function parseHeader(bytes: Uint8Array, offset = 0): FitsHeader {
  const header = new Map<string, FitsValue>();
  for (const { keyword, value } of cardsOf(bytes, offset)) {
    if (keyword !== '' && value !== undefined && !header.has(keyword)) header.set(keyword, value);
  }
  return header;
}

function cardsOf(bytes: Uint8Array, offset: number): FitsCard[] {
  const cards: string[] = [];
  for (let at = offset; at + CARD_LENGTH <= bytes.length; at += CARD_LENGTH) {
    const card = textOf(bytes, at, CARD_LENGTH);
    if (card.startsWith('END     ')) break;
    cards.push(card);
  }
  return parseCards(cards);
}

const textOf = (bytes: Uint8Array, offset: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(offset, offset + length));

const MAX_AXES = 999;

export function unitOf(header: FitsHeader): FitsUnit {
  const axes = Math.min(numberOf(header, 'NAXIS'), MAX_AXES);
  const shape = Array.from({ length: axes }, (_, axis) => numberOf(header, `NAXIS${axis + 1}`));
  const name = header.get('EXTNAME');
  return { name: typeof name === 'string' ? name : '', kind: kindOf(header), shape, header };
}

function kindOf(header: FitsHeader): FitsUnit['kind'] {
  switch (header.get('XTENSION')) {
    case undefined:
      return 'primary';
    case 'IMAGE':
      return 'image';
    case 'BINTABLE':
    case 'TABLE':
      return 'table';
    default:
      return 'other';
  }
}

/** Bytes of the data after a header, its padding included. */
export const dataLength = (header: FitsHeader): number =>
  Math.ceil(unpaddedLength(header) / BLOCK_LENGTH) * BLOCK_LENGTH;

/** Bytes of the data after a header (FITS Standard 4.0, eq. 1 and 2). */
export function unpaddedLength(header: FitsHeader): number {
  const { shape } = unitOf(header);
  if (shape.length === 0) return 0;
  // Random groups (§6) begin with an axis of length 0 that does not count.
  const counted = shape[0] === 0 && header.get('GROUPS') === true ? shape.slice(1) : shape;
  const elements = counted.reduce((product, length) => product * length, 1);
  const groups = Math.max(numberOf(header, 'GCOUNT', 1), 1);
  return (Math.abs(numberOf(header, 'BITPIX')) / 8) * groups * (numberOf(header, 'PCOUNT') + elements);
}

function numberOf(header: FitsHeader, keyword: string, otherwise = 0): number {
  const value = header.get(keyword);
  return typeof value === 'number' && Number.isInteger(value) ? value : otherwise;
}
