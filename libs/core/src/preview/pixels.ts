import type { FitsHeader, FitsUnit } from '../fits/fits-header.js';

/** Of BITPIX: how many bytes a pixel has. */
const BYTES: ReadonlyMap<number, number> = new Map([
  [8, 1],
  [16, 2],
  [32, 4],
  [64, 8],
  [-32, 4],
  [-64, 8],
]);

/** What claims to be wider is broken, and memory for a row of it is nothing to try. */
const MAX_WIDTH = 2 ** 24;

/** The pixels of the first plane of an image. */
export interface PlaneOfPixels {
  /** NAXIS1 and NAXIS2. */
  readonly width: number;
  readonly height: number;
  readonly bytesPerPixel: number;
  /** The physical values of whole pixels; NaN where there is none. */
  readonly valuesOf: (bytes: Uint8Array) => Float64Array;
}

/** The first plane of a unit with an image of two or more axes that are longer than a pixel; null of anything else. */
export function firstPlane({ kind, shape, header }: FitsUnit): PlaneOfPixels | null {
  const [width = 0, height = 0] = shape;
  const bytesPerPixel = BYTES.get(numberOf(header, 'BITPIX', 0));
  const isImage = (kind === 'primary' || kind === 'image') && header.get('GROUPS') !== true;
  if (!isImage || width < 2 || height < 2 || bytesPerPixel === undefined || width > MAX_WIDTH) return null;
  // Tile-compressed ones, and cubes without a plane.
  if (header.get('ZIMAGE') === true || shape.some((length) => length < 1)) return null;
  return { width, height, bytesPerPixel, valuesOf: physicalValues(header) };
}

/** FITS Standard 4.0, §4.4.2.5: BZERO + BSCALE × stored, and BLANK for whole numbers that are none. */
function physicalValues(header: FitsHeader): PlaneOfPixels['valuesOf'] {
  const bitpix = numberOf(header, 'BITPIX', 0);
  const zero = numberOf(header, 'BZERO', 0);
  const scale = numberOf(header, 'BSCALE', 1);
  const blank = bitpix > 0 ? numberOf(header, 'BLANK', Number.NaN) : Number.NaN;
  return (bytes) => {
    const values = storedValues(bitpix, bytes);
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] ?? Number.NaN;
      values[index] = value === blank || !Number.isFinite(value) ? Number.NaN : zero + scale * value;
    }
    return values;
  };
}

/** A loop for each kind, which the engine makes fast: there may be a thousand million pixels. */
function storedValues(bitpix: number, bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array((bytes.length * 8) / Math.abs(bitpix));
  switch (bitpix) {
    case 8:
      for (let index = 0; index < values.length; index += 1) values[index] = view.getUint8(index);
      break;
    case 16:
      for (let index = 0; index < values.length; index += 1) values[index] = view.getInt16(index * 2);
      break;
    case 32:
      for (let index = 0; index < values.length; index += 1) values[index] = view.getInt32(index * 4);
      break;
    case 64:
      for (let index = 0; index < values.length; index += 1)
        values[index] = Number(view.getBigInt64(index * 8));
      break;
    case -32:
      for (let index = 0; index < values.length; index += 1) values[index] = view.getFloat32(index * 4);
      break;
    default:
      for (let index = 0; index < values.length; index += 1) values[index] = view.getFloat64(index * 8);
  }
  return values;
}

function numberOf(header: FitsHeader, keyword: string, otherwise: number): number {
  const value = header.get(keyword);
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : otherwise;
}
