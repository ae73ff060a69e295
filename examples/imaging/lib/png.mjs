/** A PNG encoder for 8-bit grayscale (PNG specification, third edition). */
import { crc32 as zlibCrc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array} gray row by row from the top
 * @returns {Buffer} a complete file
 */
export function encodeGrayPng(width, height, gray) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Bit depth 8, colour type 0 (grayscale); compression, filter and interlace methods 0.
  header[8] = 8;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filterRows(width, height, gray), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Filter type 2, the difference to the row above: images of the sky compress best that way. */
function filterRows(width, height, gray) {
  const out = Buffer.alloc((width + 1) * height);
  for (let row = 0; row < height; row++) {
    const at = row * (width + 1);
    out[at] = 2;
    for (let x = 0; x < width; x++)
      out[at + 1 + x] = gray[row * width + x] - (row > 0 ? gray[(row - 1) * width + x] : 0);
  }
  return out;
}

function chunk(type, data) {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, data.length + 8)), data.length + 8);
  return out;
}

/** Node has one of its own since 22.2 (and 20.15), but not every Node 20 does. */
const crc32 =
  zlibCrc32 ??
  ((bytes) => ~bytes.reduce((crc, byte) => CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8), -1) >>> 0);

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});
