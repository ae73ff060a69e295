/**
 * How many bytes of `bytes` end with a whole UTF-8 character, so that a log can be cut there.
 *
 * At most three bytes are held back; bytes that are no UTF-8 at all are never held back for longer than that.
 */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

const sequenceLength = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2);

/** One server-sent event. `data` is sent as JSON on one line: a log may hold carriage returns, which would end a plain one. */
export const serverSentEvent = (event: {
  readonly name: string;
  readonly id: number;
  readonly data: unknown;
}): string => `event: ${event.name}\nid: ${event.id}\ndata: ${JSON.stringify(event.data)}\n\n`;
