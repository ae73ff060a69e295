/** Reads the image of a FITS file, and lays images out as FITS bytes. */
import { BadInputError } from './bad-input-error.mjs';
import { makeCard } from './fits-card.mjs';
import { dataLength, withFitsFile } from './fits-file.mjs';
import { FITS_BLOCK, FitsHeader } from './fits-header.mjs';

/**
 * @typedef {object} FitsImage
 * @property {FitsHeader} header of the image's unit, completed with the primary header
 * @property {number} width NAXIS1
 * @property {number} height NAXIS2
 * @property {Float32Array | Float64Array} pixels row by row from the bottom, physical values, NaN where blank
 */

/** Bytes per pixel and how one is read, big-endian, by BITPIX. */
const PIXEL_READERS = new Map([
  [8, { bytes: 1, read: (view, at) => view.getUint8(at) }],
  [16, { bytes: 2, read: (view, at) => view.getInt16(at) }],
  [32, { bytes: 4, read: (view, at) => view.getInt32(at) }],
  [64, { bytes: 8, read: (view, at) => view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4) }],
  [-32, { bytes: 4, read: (view, at) => view.getFloat32(at) }],
  [-64, { bytes: 8, read: (view, at) => view.getFloat64(at) }],
]);

/**
 * The header of the image, without reading its pixels: of a large compressed
 * file only the beginning is unpacked.
 * @param {string} path
 * @returns {Promise<FitsHeader>}
 * @throws {BadInputError} not FITS, or no image in it
 */
export const readFitsHeader = (path) => withFitsFile(path, async (file) => (await findImage(file)).header);

/**
 * The first image in the file: the primary one, or else the first image extension.
 * @param {string} path FITS, gzipped or not
 * @returns {Promise<FitsImage>}
 * @throws {BadInputError} truncated, not FITS, or no two-dimensional image in it
 */
export function readFitsImage(path) {
  return withFitsFile(path, async (file) => {
    const { own, header } = await findImage(file);
    const width = own.number('NAXIS1');
    const height = own.number('NAXIS2');
    return { header, width, height, pixels: decodePixels(await file.readData(own), own) };
  });
}

/**
 * Where the pixels of a plain float image begin, so that rows can be read on
 * demand; null when the file is stored in any other way.
 * @param {string} path
 * @returns {Promise<{header: FitsHeader, offset: number} | null>}
 */
export function locateFloatPixels(path) {
  return withFitsFile(path, async (file) => {
    const { own, header } = await findImage(file);
    const plain =
      !file.compressed &&
      own.number('BITPIX') === -32 &&
      (own.number('BSCALE') ?? 1) === 1 &&
      (own.number('BZERO') ?? 0) === 0;
    return plain ? { header, offset: file.offset } : null;
  });
}

async function findImage(file) {
  const primary = await file.nextHeader();
  let own = primary;
  let sawCompressed = false;
  while (own !== null && !isImage(own)) {
    sawCompressed ||= own.get('ZIMAGE') === true;
    await file.skipData(own);
    own = await file.nextHeader();
  }
  if (own === null) {
    const advice = sawCompressed
      ? 'the image is tile-compressed; unpack it with funpack first'
      : 'no two-dimensional image in it; take it out of the group';
    throw new BadInputError(file.path, advice);
  }
  if (!PIXEL_READERS.has(own.number('BITPIX')))
    throw new BadInputError(
      file.path,
      `BITPIX ${own.get('BITPIX')} is not a FITS pixel type; the header is damaged`,
    );
  return { own, header: own === primary ? own : own.inherit(primary) };
}

/** Two axes, or more of which the others have length one. */
function isImage(header) {
  const naxis = header.number('NAXIS') ?? 0;
  const extension = header.text('XTENSION');
  if (naxis < 2 || (extension !== undefined && extension !== 'IMAGE' && extension !== 'IUEIMAGE'))
    return false;
  const lengths = Array.from({ length: naxis }, (_, axis) => header.number(`NAXIS${axis + 1}`) ?? 0);
  return lengths[0] > 0 && lengths[1] > 0 && lengths.slice(2).every((length) => length === 1);
}

/**
 * Physical values: stored × BSCALE + BZERO, NaN for BLANK. Single precision
 * holds 8 and 16 bit integers exactly; wider types need double.
 * @param {Buffer} bytes
 * @param {FitsHeader} header
 */
export function decodePixels(bytes, header) {
  const bitpix = header.number('BITPIX');
  const { bytes: size, read } = PIXEL_READERS.get(bitpix);
  const scale = header.number('BSCALE') ?? 1;
  const zero = header.number('BZERO') ?? 0;
  const blank = bitpix > 0 ? header.number('BLANK') : undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.floor(bytes.length / size);
  const pixels =
    bitpix === 8 || bitpix === 16 || bitpix === -32 ? new Float32Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const stored = read(view, i * size);
    pixels[i] = stored === blank ? NaN : stored * scale + zero;
  }
  return pixels;
}

/**
 * One image as a complete header and data unit.
 * @param {{header: FitsHeader, width: number, height: number, pixels: ArrayLike<number>, bitpix?: -32 | 16, unsigned?: boolean, extension?: string}} image
 *   `header` says what was observed; how it is stored is added here. `unsigned`
 *   stores 0..65535 the FITS way, as signed with BZERO. With `extension` the
 *   unit is an image extension of that name.
 * @returns {Buffer}
 */
export function encodeFitsImage({
  header,
  width,
  height,
  pixels,
  bitpix = -32,
  unsigned = false,
  extension,
}) {
  const start =
    extension === undefined
      ? [makeCard('SIMPLE', true, 'conforms to FITS standard 4.0')]
      : [makeCard('XTENSION', 'IMAGE', 'image extension')];
  const layout = [
    makeCard('BITPIX', bitpix, 'pixel type'),
    makeCard('NAXIS', 2),
    makeCard('NAXIS1', width),
    makeCard('NAXIS2', height),
  ];
  const rest =
    extension === undefined
      ? [makeCard('EXTEND', true)]
      : [makeCard('PCOUNT', 0), makeCard('GCOUNT', 1), makeCard('EXTNAME', extension)];
  const scaling = unsigned
    ? [makeCard('BZERO', 32768, 'unsigned 16-bit integers'), makeCard('BSCALE', 1)]
    : [];
  const full = new FitsHeader([...start, ...layout, ...rest, ...scaling, ...header.withoutStructure().cards]);
  const length = dataLength(full);
  const data = Buffer.alloc(Math.ceil(length / FITS_BLOCK) * FITS_BLOCK);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const count = width * height;
  if (bitpix === -32) for (let i = 0; i < count; i++) view.setFloat32(i * 4, pixels[i]);
  else for (let i = 0; i < count; i++) view.setInt16(i * 2, pixels[i] - (unsigned ? 32768 : 0));
  return Buffer.concat([full.toBlocks(), data]);
}
