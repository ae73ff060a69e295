import { constants, gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import {
  BLOCK_LENGTH,
  dataLength,
  headerEnd,
  isFits,
  parseHeader,
  unitOf,
  unpaddedLength,
  type FitsUnit,
} from '@meridian/core';

/** Up to so many bytes of a file from `offset` on; none at its end. */
export type ReadPart = (offset: number, bytes: number) => Promise<Buffer>;

export interface LocatedUnit extends FitsUnit {
  /** Where its data begin in the file. */
  readonly dataOffset: number;
}

export interface UnitsOfFile {
  /** Those that could be read, the primary one first. */
  readonly units: readonly LocatedUnit[];
  /** Why there are not more of them; null when all is well. */
  readonly problem: string | null;
  /** It says that it is FITS. A file that does not has no units. */
  readonly isFits: boolean;
}

const FIRST_PART = 8 * BLOCK_LENGTH;
/** A header of more than this is not a header. */
const MAX_HEADER_BYTES = 1 << 20;
const MAX_UNITS = 64;
/** Of a compressed file the beginning is read and unpacked, and no more of it than this. */
const COMPRESSED_PART = 256 * 1024;
const MAX_UNPACKED = 4 << 20;

/**
 * The headers of a FITS file's units, read by part: their data are skipped, and memory is that of the largest header.
 *
 * Of a file that is gzipped as a whole (`.gz`) only the units whose headers its first 256 KiB hold. Rejects only with what `read` rejects with.
 */
export async function readFitsUnits(read: ReadPart, path: string, sizeBytes: number): Promise<UnitsOfFile> {
  if (!path.toLowerCase().endsWith('.gz')) return walk(read, sizeBytes);
  const unpacked = await unpackedStart(await read(0, COMPRESSED_PART));
  if (unpacked === null) return { units: [], problem: 'it is not gzipped as its name says', isFits: false };
  const part: ReadPart = (offset, bytes) => Promise.resolve(unpacked.subarray(offset, offset + bytes));
  const { units, problem, isFits: says } = await walk(part, null);
  // What lies behind the part that was unpacked is not missing.
  return { units, isFits: says, problem: units.length === 0 ? problem : null };
}

async function walk(read: ReadPart, sizeBytes: number | null): Promise<UnitsOfFile> {
  const units: LocatedUnit[] = [];
  const ended = (problem: string | null): UnitsOfFile => ({ units, problem, isFits: true });
  for (let offset = 0; units.length < MAX_UNITS;) {
    if (sizeBytes !== null && offset >= sizeBytes && offset > 0) return ended(null);
    const header = await readHeader(read, offset);
    if (offset === 0 && !isFits(header.bytes))
      return { units, problem: 'it is not a FITS file', isFits: false };
    // What follows the last unit and is none itself are special records, which the standard allows.
    if (offset > 0 && !startsExtension(header.bytes)) return ended(null);
    if (header.end === null) return ended(`the header of unit ${units.length} does not end`);
    const unit = unitOf(parseHeader(header.bytes));
    const dataOffset = offset + header.end;
    units.push({ ...unit, dataOffset });
    offset = dataOffset + dataLength(unit.header);
    if (!Number.isSafeInteger(offset)) return ended(`unit ${units.length - 1} has no sensible size`);
    // Some programs leave out the padding of the last block.
    const unpadded = unpaddedLength(unit.header);
    if (sizeBytes !== null && unpadded > 0 && dataOffset + unpadded > sizeBytes)
      return ended(`the file ends within the data of unit ${units.length - 1}`);
  }
  return ended(null);
}

const startsExtension = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 9) === 'XTENSION=';

/** The bytes from `offset` on, and where in them the header ends; null where it does not. */
async function readHeader(
  read: ReadPart,
  offset: number,
): Promise<{ readonly bytes: Buffer; readonly end: number | null }> {
  let bytes = await read(offset, FIRST_PART);
  for (;;) {
    const end = headerEnd(bytes, 0);
    const looksRight = isFits(bytes) || startsExtension(bytes);
    if (end !== null || !looksRight || bytes.length >= MAX_HEADER_BYTES) return { bytes, end };
    const more = await read(offset + bytes.length, bytes.length);
    if (more.length === 0) return { bytes, end: null };
    bytes = Buffer.concat([bytes, more]);
  }
}

/** The beginning of what was packed; null when it was not. */
async function unpackedStart(packed: Buffer): Promise<Buffer | null> {
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_UNPACKED };
    // Without an end it is unpacked as far as it goes.
    return await promisify(gunzip)(packed, options);
  } catch {
    return null;
  }
}
