/** Walks the header and data units of a FITS file, gzipped or not, front to back. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BadInputError } from './bad-input-error.mjs';
import { FITS_BLOCK, parseHeader } from './fits-header.mjs';

/** @typedef {import('./fits-header.mjs').FitsHeader} FitsHeader */

/** No instrument writes this many header blocks; a file that seems to is not FITS inside. */
const MAX_HEADER_BLOCKS = 5000;

/** FITS standard 4.0, section 4.4.1. */
const MAX_AXES = 999;

const COPY_AGAIN = 'copy it again from the archive and compare its checksum';

/**
 * Bytes of the data unit that follows a header, padding not included.
 * @param {FitsHeader} header
 */
export function dataLength(header) {
  const naxis = header.number('NAXIS') ?? 0;
  if (naxis === 0) return 0;
  let elements = 1;
  for (let axis = 1; axis <= naxis; axis++) elements *= header.number(`NAXIS${axis}`) ?? 0;
  return (
    (Math.abs(header.number('BITPIX') ?? 0) / 8) *
    (header.number('GCOUNT') ?? 1) *
    ((header.number('PCOUNT') ?? 0) + elements)
  );
}

/**
 * Opens the file for `use` and closes it whatever happens. Compression is
 * recognised by content, because names lie.
 * @template Result
 * @param {string} path
 * @param {(file: FitsFile) => Promise<Result>} use
 * @returns {Promise<Result>}
 */
export async function withFitsFile(path, use) {
  const compressed = await isGzip(path);
  const raw = createReadStream(path, { highWaterMark: 1 << 20 });
  // The callback keeps a failing read from becoming an uncaught error; the reader sees it through the iterator.
  const stream = compressed ? pipeline(raw, createGunzip({ chunkSize: 1 << 20 }), () => {}) : raw;
  try {
    return await use(new FitsFile(path, compressed, stream[Symbol.asyncIterator]()));
  } finally {
    stream.destroy();
    raw.destroy();
  }
}

async function isGzip(path) {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

export class FitsFile {
  /**
   * @param {string} path
   * @param {boolean} compressed
   * @param {AsyncIterator<Buffer>} chunks
   */
  constructor(path, compressed, chunks) {
    this.path = path;
    this.compressed = compressed;
    /** Bytes consumed so far, which is where the next unit begins. */
    this.offset = 0;
    this.chunks = chunks;
    /** @type {Buffer[]} */
    this.pending = [];
    this.available = 0;
  }

  /**
   * The next header, or null at the end of the file.
   * @returns {Promise<FitsHeader | null>}
   */
  async nextHeader() {
    /** @type {Buffer[]} */
    const blocks = [];
    const isPrimary = this.offset === 0;
    while (blocks.length < MAX_HEADER_BLOCKS) {
      const block = await this.#take(FITS_BLOCK);
      if (blocks.length === 0) {
        if (isPrimary) this.#requireFits(block);
        // Some writers pad a file beyond its last unit; that is its end, not a header.
        else if (block.length < FITS_BLOCK || !block.toString('latin1').startsWith('XTENSION')) return null;
      }
      if (block.length < FITS_BLOCK)
        throw new BadInputError(this.path, `the file ends inside a header (truncated?); ${COPY_AGAIN}`);
      blocks.push(block);
      if (/(?:^|[^A-Z])END {5}/.test(block.toString('latin1'))) {
        const header = parseHeader(Buffer.concat(blocks));
        if (header) return this.#requireSaneSize(header);
      }
    }
    throw new BadInputError(this.path, 'a header without END; it is damaged or not a FITS file');
  }

  /** A damaged size would otherwise become a loop or an allocation without end. */
  #requireSaneSize(header) {
    const naxis = header.number('NAXIS') ?? 0;
    const counts = [naxis, ...['PCOUNT', 'GCOUNT'].map((keyword) => header.number(keyword) ?? 0)];
    for (let axis = 1; axis <= Math.min(naxis, MAX_AXES); axis++)
      counts.push(header.number(`NAXIS${axis}`) ?? -1);
    if (naxis > MAX_AXES || !counts.every((count) => Number.isSafeInteger(count) && count >= 0)) {
      throw new BadInputError(
        this.path,
        `the header's NAXIS keywords make no sense; it is damaged; ${COPY_AGAIN}`,
      );
    }
    return header;
  }

  #requireFits(block) {
    if (block.length === 0) throw new BadInputError(this.path, `the file is empty; ${COPY_AGAIN}`);
    if (!block.toString('latin1').startsWith('SIMPLE  =')) {
      throw new BadInputError(
        this.path,
        'not a FITS file: it does not begin with SIMPLE; take it out of the group or convert it first',
      );
    }
  }

  /**
   * The data unit of the header just read.
   * @param {FitsHeader} header
   */
  async readData(header) {
    const length = dataLength(header);
    const data = await this.#take(length);
    if (data.length < length) {
      throw new BadInputError(
        this.path,
        `truncated: the header promises ${length} bytes of data, the file has ${data.length}; ${COPY_AGAIN}`,
      );
    }
    await this.#take(padding(length));
    return data;
  }

  /**
   * Passes over the data unit of the header just read.
   * @param {FitsHeader} header
   */
  async skipData(header) {
    let left = dataLength(header) + padding(dataLength(header));
    while (left > 0) {
      const skipped = (await this.#take(Math.min(left, 1 << 24))).length;
      if (skipped === 0) return;
      left -= skipped;
    }
  }

  /** Up to `length` bytes; fewer only at the end of the file. */
  async #take(length) {
    while (this.available < length) {
      const chunk = await this.#nextChunk();
      if (chunk === null) break;
      this.pending.push(chunk);
      this.available += chunk.length;
    }
    const all = this.pending.length === 1 ? this.pending[0] : Buffer.concat(this.pending, this.available);
    const taken = all.subarray(0, length);
    this.pending = [all.subarray(taken.length)];
    this.available -= taken.length;
    this.offset += taken.length;
    return taken;
  }

  async #nextChunk() {
    try {
      const { value, done } = await this.chunks.next();
      return done ? null : value;
    } catch (error) {
      if (!String(error?.code).startsWith('Z_')) throw error;
      throw new BadInputError(
        this.path,
        `the gzip stream is damaged or ends early (${error.message}); ${COPY_AGAIN}`,
      );
    }
  }
}

const padding = (length) => (FITS_BLOCK - (length % FITS_BLOCK)) % FITS_BLOCK;
