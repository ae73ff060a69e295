/** A FITS header as an ordered list of cards with lookups by keyword. */
import { CARD_LENGTH, continueCard, makeCard, parseCard } from './fits-card.mjs';

/** @typedef {import('./fits-card.mjs').Card} Card @typedef {import('./fits-card.mjs').CardValue} CardValue */

/** FITS files consist of blocks of this many bytes. */
export const FITS_BLOCK = 2880;

/** Keywords that describe how pixels are stored rather than what was observed. */
const STRUCTURAL =
  /^(SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|BSCALE|BZERO|BLANK|DATAMIN|DATAMAX|CHECKSUM|DATASUM|INHERIT|BLOCKED|EXTNAME|EXTVER|EXTLEVEL|ZIMAGE|ZCMPTYPE|ZBITPIX|ZNAXIS\d*|ZTILE\d+|ZNAME\d+|ZVAL\d+|ZQUANTIZ|ZBLANK|ZDITHER0|LONGSTRN|END)$/;

export class FitsHeader {
  /** @param {Card[]} cards in file order, without END */
  constructor(cards = []) {
    this.cards = cards;
  }

  /**
   * Value of the first card with this keyword; undefined when there is none.
   * @param {string} keyword
   * @returns {CardValue | undefined}
   */
  get(keyword) {
    return this.cards.find((card) => card.keyword === keyword)?.value;
  }

  /**
   * Value as text without surrounding spaces; undefined when missing or empty.
   * @param {string} keyword
   */
  text(keyword) {
    const value = this.get(keyword);
    return value === undefined || value === null || value === ''
      ? undefined
      : String(value).trim() || undefined;
  }

  /**
   * Value as a finite number; undefined when missing or something else. Quoted
   * numbers count: plenty of instruments write them.
   * @param {string} keyword
   */
  number(keyword) {
    const value = this.get(keyword);
    if (typeof value !== 'number' && typeof value !== 'string') return undefined;
    const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
    return Number.isFinite(number) ? number : undefined;
  }

  /**
   * Replaces the card with this keyword, or adds one at the end.
   * @param {string} keyword
   * @param {CardValue} value
   */
  set(keyword, value, comment = '') {
    const card = makeCard(keyword, value, comment);
    const index = this.cards.findIndex((existing) => existing.keyword === keyword);
    if (index < 0) this.cards.push(card);
    else this.cards[index] = card;
    return this;
  }

  /**
   * A copy with the cards that pass.
   * @param {(card: Card) => boolean} keep
   */
  filter(keep) {
    return new FitsHeader(this.cards.filter(keep));
  }

  /** A copy that says only what was observed, free of how the file stored it. */
  withoutStructure() {
    return this.filter((card) => !STRUCTURAL.test(card.keyword));
  }

  /**
   * This header completed with the keywords only `fallback` has, as an image
   * extension inherits from its primary header.
   * @param {FitsHeader} fallback
   */
  inherit(fallback) {
    const own = new Set(this.cards.map((card) => card.keyword));
    const inherited = fallback
      .withoutStructure()
      .cards.filter((card) => card.value !== null && !own.has(card.keyword));
    return new FitsHeader([...this.cards, ...inherited]);
  }

  /** The header as whole blocks, END included. */
  toBlocks() {
    const text = [...this.cards.flatMap((card) => card.lines), 'END'.padEnd(CARD_LENGTH)].join('');
    const printable = text.replace(/[^\x20-\x7e]/g, '?');
    return Buffer.from(printable.padEnd(Math.ceil(text.length / FITS_BLOCK) * FITS_BLOCK), 'latin1');
  }
}

/**
 * Reads cards up to END from whole blocks.
 * @param {Buffer} blocks
 * @returns {FitsHeader | null} null when END is not among them yet
 */
export function parseHeader(blocks) {
  /** @type {Card[]} */
  const cards = [];
  const text = blocks.toString('latin1');
  for (let at = 0; at + CARD_LENGTH <= text.length; at += CARD_LENGTH) {
    const line = text.slice(at, at + CARD_LENGTH);
    if (line.trimEnd() === 'END') return new FitsHeader(cards);
    const previous = cards[cards.length - 1];
    if (previous && continueCard(previous, line)) continue;
    cards.push(parseCard(line));
  }
  return null;
}
