/** FITS files are sequences of blocks of this many bytes (FITS Standard 4.0, 3.1). */
export const FITS_BLOCK = 2880;
const CARD = 80;

export type FitsValue = string | number | boolean;
export type FitsHeader = ReadonlyMap<string, FitsValue>;

/**
 * Where the header that starts at `offset` ends: the first byte after its last block, or null while END has
 * not been seen in `bytes`.
 */
export function headerEnd(bytes: Uint8Array, offset: number): number | null {
  for (let at = offset; at + CARD <= bytes.length; at += CARD) {
    if (textOf(bytes, at, 8) === 'END     ')
      return offset + Math.ceil((at + CARD - offset) / FITS_BLOCK) * FITS_BLOCK;
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
  for (let at = offset; at + CARD <= bytes.length; at += CARD) {
    const card = textOf(bytes, at, CARD);
    const keyword = card.slice(0, 8).trimEnd();
    if (keyword === 'END') break;
    if (card.slice(8, 10) !== '= ' || keyword === '' || header.has(keyword)) continue;
    const value = parseValue(card.slice(10));
    if (value !== undefined) header.set(keyword, value);
  }
  return header;
}

function parseValue(text: string): FitsValue | undefined {
  const trimmed = text.trimStart();
  if (trimmed.startsWith("'")) {
    // A quote inside is written twice; trailing blanks do not count (4.2.1).
    const match = /^'((?:[^']|'')*)'/.exec(trimmed);
    return match?.[1]?.replaceAll("''", "'").trimEnd();
  }
  const word = trimmed.split('/', 1)[0]?.trim() ?? '';
  if (word === 'T' || word === 'F') return word === 'T';
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([ED][+-]?\d+)?$/i.test(word)) return undefined;
  const value = Number(word.replace(/d/i, 'E'));
  return Number.isFinite(value) ? value : undefined;
}

const textOf = (bytes: Uint8Array, offset: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(offset, offset + length));
