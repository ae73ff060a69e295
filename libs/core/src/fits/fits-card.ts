/*
 * Cards of a FITS header: the FITS Standard 4.0 (2016), §4, with its CONTINUE convention (§4.2.1.2) and ESO's HIERARCH.
 */

/** The value of a keyword; a whole number beyond 2^53 is a bigint. */
export type FitsValue = string | number | boolean | bigint;

/** The same for JSON: a whole number beyond 2^53 becomes a text of digits. */
export const fitsValueInJson = (value: FitsValue): string | number | boolean =>
  typeof value === 'bigint' ? String(value) : value;

export interface FitsCard {
  readonly keyword: string;
  /** Undefined for COMMENT, HISTORY and blank keywords, whose text is the comment, and for a value that is not given or cannot be read. */
  readonly value: FitsValue | undefined;
  readonly comment: string;
}

export const CARD_LENGTH = 80;
export const BLOCK_LENGTH = 2880;

const HIERARCH = /^HIERARCH +([^=]+?) *= /;
const STRING = /^ *'((?:[^']|'')*)' *(?:\/(.*))?$/;
const PLAIN = /^ *([^/]*?) *(?:\/(.*))?$/;
const INTEGER = /^[+-]?\d+$/;
const REAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[EDed][+-]?\d+)?$/;

/** One card of 80 characters. Never throws: headers are written by everybody. */
export function parseCard(text: string): FitsCard {
  const hierarch = HIERARCH.exec(text);
  if (hierarch !== null) return { keyword: hierarch[1] ?? '', ...parseValue(text.slice(hierarch[0].length)) };
  const keyword = text.slice(0, 8).trimEnd();
  const hasValue = text.slice(8, 10) === '= ' && !['COMMENT', 'HISTORY', ''].includes(keyword);
  if (hasValue) return { keyword, ...parseValue(text.slice(10)) };
  return { keyword, value: undefined, comment: text.slice(8).trimEnd() };
}

function parseValue(text: string): Pick<FitsCard, 'value' | 'comment'> {
  const string = STRING.exec(text);
  if (string !== null)
    return { value: (string[1] ?? '').replaceAll("''", "'").trimEnd(), comment: (string[2] ?? '').trim() };
  const [, plain = '', comment = ''] = PLAIN.exec(text) ?? [];
  return { value: plainValue(plain), comment: comment.trim() };
}

function plainValue(text: string): FitsValue | undefined {
  if (text === 'T' || text === 'F') return text === 'T';
  if (INTEGER.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  const number = REAL.test(text) ? Number(text.replace(/[Dd]/, 'E')) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** A value that the cards after it continue: the text without its last `&`. */
const isContinued = ({ value }: FitsCard): boolean => typeof value === 'string' && value.endsWith('&');

/** The cards of a header, up to END, with continued texts put together. */
export function parseCards(cards: readonly string[]): FitsCard[] {
  const parsed: FitsCard[] = [];
  for (const text of cards) {
    const last = parsed.at(-1);
    if (text.startsWith('CONTINUE') && last !== undefined && isContinued(last)) {
      const { value, comment } = parseValue(text.slice(8));
      parsed[parsed.length - 1] = {
        keyword: last.keyword,
        value: `${String(last.value).slice(0, -1)}${String(value ?? '')}`,
        comment: [last.comment, comment].filter((part) => part !== '').join(' '),
      };
    } else parsed.push(parseCard(text));
  }
  return parsed;
}

const MAX_QUOTED = 68;

/** The 80 characters of one card, or as many cards as a long text needs. Only ASCII: other characters become `?`. */
export function formatCards({ keyword, value, comment }: FitsCard): string[] {
  const words = ascii(comment);
  if (value === undefined)
    return wrapped(words, CARD_LENGTH - 8).map((line) => card(`${keyword.padEnd(8)}${line}`));
  const start = `${keyword.padEnd(8)}= `;
  if (typeof value !== 'string')
    return [card(withComment(`${start}${fixedFormat(value).padStart(20)}`, words))];
  const quoted = ascii(value).replaceAll("'", "''");
  if (quoted.length <= MAX_QUOTED)
    return [card(withComment(`${start}${`'${quoted.padEnd(8)}'`.padEnd(20)}`, words))];
  return continued(start, quoted);
}

const card = (text: string): string => text.slice(0, CARD_LENGTH).padEnd(CARD_LENGTH);
const ascii = (text: string): string => text.replace(/[^ -~]/gu, '?');

const withComment = (text: string, comment: string): string => {
  const room = CARD_LENGTH - text.length - 3;
  return comment === '' || room < 8 ? text : `${text} / ${comment.slice(0, room)}`;
};

function fixedFormat(value: number | boolean | bigint): string {
  if (typeof value === 'boolean') return value ? 'T' : 'F';
  const text = String(value).toUpperCase();
  return typeof value === 'bigint' || Number.isInteger(value) || /[.E]/.test(text) ? text : `${text}.0`;
}

/** A text over several cards: all but the last end with `&`, and none is cut within a doubled quote. */
function continued(start: string, quoted: string): string[] {
  const pieces: string[] = [];
  for (let rest = quoted; rest !== '';) {
    let length = Math.min(rest.length, MAX_QUOTED - 1);
    const quotes = /'*$/.exec(rest.slice(0, length))?.[0].length ?? 0;
    if (quotes % 2 === 1 && length < rest.length) length -= 1;
    pieces.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return pieces.map((piece, index) =>
    card(`${index === 0 ? start : 'CONTINUE  '}'${piece}${index < pieces.length - 1 ? '&' : ''}'`),
  );
}

/** Lines of at most `length` characters, broken between words where there are any. */
function wrapped(text: string, length: number): string[] {
  const lines = text.match(new RegExp(`.{1,${length}}(?= |$)|.{1,${length}}`, 'g')) ?? [''];
  return lines.map((line) => line.trim());
}
