/**
 * Order of two texts by code point, which is the byte order of their UTF-8 and so PostgreSQL's COLLATE "C".
 *
 * JavaScript's own `<` compares UTF-16 units and puts U+1F600 before U+FF01.
 */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates (D800 to DFFF) stand for what comes after all of E000 to FFFF. */
const rank = (unit: number): number => {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
};
