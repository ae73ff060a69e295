/**
 * One FITS header card: 80 characters of keyword, value and comment
 * (FITS standard 4.0, section 4), with the two conventions that real archives
 * use: CONTINUE for long strings and HIERARCH for long keywords.
 *
 * @typedef {string | number | boolean | null} CardValue null for commentary and undefined values
 * @typedef {{keyword: string, value: CardValue, comment: string, lines: string[]}} Card
 *   `lines` are the original 80-character lines, so an untouched card is written back byte for byte
 */

export const CARD_LENGTH = 80;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([EeDd][+-]?\d+)?$/;

/**
 * The card in one 80-character line.
 * @param {string} line
 * @returns {Card}
 */
export function parseCard(line) {
  const hierarch = /^HIERARCH +([^=]*?) *=(.*)$/s.exec(line);
  if (hierarch) return { keyword: hierarch[1], ...parseValue(hierarch[2]), lines: [line] };
  const keyword = line.slice(0, 8).trimEnd();
  if (line[8] === '=' && (line[9] === ' ' || line[9] === undefined)) {
    return { keyword, ...parseValue(line.slice(10)), lines: [line] };
  }
  return { keyword, value: null, comment: line.slice(8).trimEnd(), lines: [line] };
}

/**
 * Joins a CONTINUE line to the card before it.
 * @param {Card} card
 * @param {string} line
 * @returns {boolean} false when the line does not continue the card
 */
export function continueCard(card, line) {
  if (!line.startsWith('CONTINUE  ') || typeof card.value !== 'string' || !card.value.endsWith('&'))
    return false;
  const next = parseValue(line.slice(10));
  if (typeof next.value !== 'string') return false;
  card.value = card.value.slice(0, -1) + next.value;
  card.comment = [card.comment, next.comment].filter(Boolean).join(' ');
  card.lines.push(line);
  return true;
}

/** @param {string} text everything after the value indicator */
function parseValue(text) {
  const trimmed = text.trimStart();
  if (trimmed.startsWith("'")) return parseQuoted(trimmed);
  const slash = trimmed.indexOf('/');
  const token = (slash < 0 ? trimmed : trimmed.slice(0, slash)).trim();
  const comment = slash < 0 ? '' : trimmed.slice(slash + 1).trim();
  if (token === '') return { value: null, comment };
  if (token === 'T' || token === 'F') return { value: token === 'T', comment };
  // Fortran writes double precision exponents with a D.
  if (NUMBER.test(token)) return { value: Number(token.replace(/[Dd]/, 'E')), comment };
  return { value: token, comment };
}

function parseQuoted(text) {
  const quoted = /^'((?:[^']|'')*)'?(.*)$/s.exec(text);
  const slash = quoted[2].indexOf('/');
  // Trailing spaces of a FITS string mean nothing, leading ones do.
  return {
    value: quoted[1].replaceAll("''", "'").trimEnd(),
    comment: slash < 0 ? '' : quoted[2].slice(slash + 1).trim(),
  };
}

/**
 * A card built from its parts; long strings become CONTINUE lines.
 * @param {string} keyword
 * @param {CardValue} value
 * @returns {Card}
 */
export function makeCard(keyword, value, comment = '') {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError(`${keyword}: FITS headers cannot hold ${value}`);
  const prefix =
    keyword.length > 8 || keyword.includes(' ') ? `HIERARCH ${keyword} = ` : `${keyword.padEnd(8)}= `;
  const lines =
    typeof value === 'string'
      ? stringLines(prefix, ascii(value), ascii(comment))
      : [withComment(prefix + formatNumber(value), ascii(comment))];
  return { keyword, value, comment, lines };
}

/**
 * COMMENT or HISTORY text, wrapped over as many cards as it needs.
 * @param {'COMMENT' | 'HISTORY'} keyword
 * @param {string} text
 * @returns {Card[]}
 */
export function makeCommentary(keyword, text) {
  return (ascii(text).match(/.{1,72}/g) ?? []).map((part) => ({
    keyword,
    value: null,
    comment: part,
    lines: [keyword.padEnd(8).concat(part).padEnd(CARD_LENGTH)],
  }));
}

function formatNumber(value) {
  if (value === null) return '';
  if (typeof value === 'boolean') return (value ? 'T' : 'F').padStart(20);
  const text = String(value).toUpperCase();
  return text.padStart(20);
}

function stringLines(prefix, value, comment) {
  const escaped = value.replaceAll("'", "''");
  const room = CARD_LENGTH - prefix.length - 2;
  if (escaped.length <= room) return [withComment(`${prefix}'${escaped.padEnd(8)}'`, comment)];
  const pieces = cutEscaped(escaped, room - 1, CARD_LENGTH - 13);
  return pieces.map((piece, i) => {
    const last = i === pieces.length - 1;
    const line = `${i === 0 ? prefix : 'CONTINUE  '}'${piece}${last ? '' : '&'}'`;
    return last ? withComment(line, comment) : line.padEnd(CARD_LENGTH);
  });
}

/** Cuts without ever parting the two halves of a doubled quote. */
function cutEscaped(escaped, firstRoom, nextRoom) {
  const pieces = [''];
  for (const unit of escaped.match(/''|[^']/g) ?? []) {
    const room = pieces.length === 1 ? firstRoom : nextRoom;
    if (pieces[pieces.length - 1].length + unit.length > room) pieces.push('');
    pieces[pieces.length - 1] += unit;
  }
  return pieces;
}

function withComment(line, comment) {
  const room = CARD_LENGTH - line.length - 3;
  return (comment && room > 0 ? `${line} / ${comment.slice(0, room)}` : line).padEnd(CARD_LENGTH);
}

/** Headers are printable ASCII; anything else would make the whole file invalid. */
const ascii = (text) => text.replace(/[^\x20-\x7e]/g, '?');
