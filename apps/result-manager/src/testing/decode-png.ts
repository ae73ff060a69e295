import { crc32, inflateSync } from 'node:zlib';

/** The gray levels of a PNG, row by row from the top; throws where it breaks its rules. */
export function decodeGrayPng(png: Buffer): number[][] {
  if (png.toString('latin1', 1, 4) !== 'PNG') throw new Error('no PNG');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    if (crc32(png.subarray(at + 4, at + 8 + length)) !== png.readUInt32BE(at + 8 + length))
      throw new Error(`${name} is damaged`);
    chunks.set(name, png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const header = chunks.get('IHDR') ?? Buffer.alloc(13);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const packed = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
  if (packed.length !== (width + 1) * height || !chunks.has('IEND')) throw new Error('it is cut off');
  const rows: number[][] = [];
  for (let y = 0; y < height; y += 1) {
    const row = packed.subarray(y * (width + 1) + 1, (y + 1) * (width + 1));
    const above = rows.at(-1) ?? [];
    rows.push([...row].map((value, x) => (value + (above[x] ?? 0)) & 0xff));
  }
  return rows;
}
