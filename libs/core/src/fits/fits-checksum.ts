/*
 * DATASUM and CHECKSUM: the FITS Standard 4.0, §4.4.2.7 and appendix J.
 */

const WORD = 2 ** 32;

/**
 * The 32-bit ones' complement sum of `bytes`, whose length is a multiple of 4, added to that of what came before them.
 * Accumulates over pieces: sum(a then b) = sum(b, sum(a)).
 */
export function onesComplementSum(bytes: Uint8Array, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let high = Math.floor(before / 65_536);
  let low = before % 65_536;
  for (let at = 0; at < bytes.length; at += 4) {
    high += view.getUint16(at);
    low += view.getUint16(at + 2);
    // Long before a sum of halves becomes inexact.
    if ((at & 0xffff) === 0) [high, low] = folded(high, low);
  }
  [high, low] = folded(high, low);
  return high * 65_536 + low;
}

/** Carries go around: from the low half to the high one, and from the high one back. */
function folded(high: number, low: number): [number, number] {
  let [h, l] = [high, low];
  while (h > 0xffff || l > 0xffff) {
    const [carryHigh, carryLow] = [Math.floor(h / 65_536), Math.floor(l / 65_536)];
    h = (h % 65_536) + carryLow;
    l = (l % 65_536) + carryHigh;
  }
  return [h, l];
}

const EXCLUDED = [0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f, 0x60];
const ZERO = 0x30;

/**
 * The value of CHECKSUM, 16 characters, that makes the sum over a whole header-data unit all ones.
 * `sum` is that of the unit with the value of CHECKSUM set to sixteen zeros ('0').
 */
export function encodeChecksum(sum: number): string {
  const complement = WORD - 1 - sum;
  const characters = new Array<number>(16);
  for (let byte = 0; byte < 4; byte += 1) {
    const value = Math.floor(complement / 2 ** (24 - 8 * byte)) % 256;
    const quarter = Math.floor(value / 4) + ZERO;
    const four = [quarter + (value % 4), quarter, quarter, quarter];
    for (let pair = 0; pair < 4; pair += 2) withoutPunctuation(four, pair);
    four.forEach((character, index) => (characters[4 * index + byte] = character));
  }
  // The standard rotates the sixteen by one to the right, because a value begins at column 12 of its card.
  const rotated = [characters[15] ?? ZERO, ...characters.slice(0, 15)];
  return String.fromCharCode(...rotated);
}

/** Moves a pair of characters apart until both are letters or digits; their sum stays. */
function withoutPunctuation(characters: number[], pair: number): void {
  while (EXCLUDED.includes(characters[pair] ?? 0) || EXCLUDED.includes(characters[pair + 1] ?? 0)) {
    characters[pair] = (characters[pair] ?? 0) + 1;
    characters[pair + 1] = (characters[pair + 1] ?? 0) - 1;
  }
}
