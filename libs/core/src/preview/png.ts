/*
 * PNG files of gray levels (Portable Network Graphics, third edition, §5 and §9): what is between the rows and the file, but for the deflating.
 */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const FILTER_UP = 2;

export interface GrayImage {
  readonly width: number;
  readonly height: number;
  /** A byte a pixel, row by row from the top. */
  readonly gray: Uint8Array;
}

/** What is to be deflated: each row as its difference to the one above, which images of the sky pack best by. */
export function pngRows({ width, height, gray }: GrayImage): Uint8Array {
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    rows[y * (width + 1)] = FILTER_UP;
    for (let x = 0; x < width; x += 1) {
      const above = y === 0 ? 0 : (gray[(y - 1) * width + x] ?? 0);
      rows[y * (width + 1) + 1 + x] = (gray[y * width + x] ?? 0) - above;
    }
  }
  return rows;
}

/** The whole file around the deflated rows. */
export function pngFile({ width, height }: Omit<GrayImage, 'gray'>, deflated: Uint8Array): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // Bit depth 8; colour type 0 is gray; compression, filter and interlace methods are 0.
  header[8] = 8;
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', deflated),
    chunk('IEND', new Uint8Array(0)),
  ];
  const file = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let index = 0; index < 4; index += 1) bytes[4 + index] = type.charCodeAt(index);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
