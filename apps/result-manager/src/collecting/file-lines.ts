/** A line of a file, from 1 on. */
export interface FileLine {
  readonly number: number;
  /** Of a line that is too long, its beginning. */
  readonly text: string;
  readonly isCut: boolean;
}

const PART_BYTES = 1 << 20;
const LONGEST_LINE = 1 << 20;
const LINE_FEED = 0x0a;

/**
 * The lines of a file that is read part by part, blank ones left out: memory is that of a part and of one line, however long the file is.
 *
 * `read(offset, bytes)` gives no bytes at the end. What is no UTF-8 becomes U+FFFD.
 */
export async function* fileLines(
  read: (offset: number, bytes: number) => Promise<Buffer>,
): AsyncGenerator<FileLine> {
  let number = 0;
  let begun: Buffer = Buffer.alloc(0);
  let isCut = false;
  const line = (end: Buffer): FileLine | null => {
    number += 1;
    const text = Buffer.concat([begun, isCut ? Buffer.alloc(0) : end])
      .toString('utf8')
      .trim();
    const found = { number, text, isCut };
    begun = Buffer.alloc(0);
    isCut = false;
    return text === '' ? null : found;
  };
  for (let offset = 0; ;) {
    const part = await read(offset, PART_BYTES);
    if (part.length === 0) break;
    offset += part.length;
    let from = 0;
    for (let to = part.indexOf(LINE_FEED); to >= 0; to = part.indexOf(LINE_FEED, from)) {
      const found = line(part.subarray(from, to));
      if (found !== null) yield found;
      from = to + 1;
    }
    if (isCut) continue;
    begun = Buffer.concat([begun, part.subarray(from)]);
    isCut = begun.length > LONGEST_LINE;
    if (isCut) begun = begun.subarray(0, LONGEST_LINE);
  }
  const last = begun.length > 0 ? line(Buffer.alloc(0)) : null;
  if (last !== null) yield last;
}
