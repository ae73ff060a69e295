/**
 * World coordinates: between FITS pixels (the centre of the first pixel is 1,1)
 * and the sky, for the gnomonic (TAN) and orthographic (SIN) projections.
 * Formulas: Calabretta & Greisen 2002, A&A 395, 1077 (paper II), sections 5.1.3
 * and 5.1.5; the linear part: Greisen & Calabretta 2002, A&A 395, 1061 (paper I).
 */
import { readSip } from './sip.mjs';

const RADIANS = Math.PI / 180;

/** @typedef {'TAN' | 'SIN' | 'LINEAR'} Projection LINEAR is a flat plane in pixels, for images without a place on the sky */

export class Wcs {
  /**
   * @param {object} parts
   * @param {Projection} parts.projection
   * @param {[number, number]} parts.crval right ascension and declination of the reference pixel, degrees
   * @param {[number, number]} parts.crpix
   * @param {[number, number, number, number]} parts.cd degrees a pixel, by rows: x from (dx, dy), then y
   * @param {import('./sip.mjs').Sip | null} [parts.sip]
   */
  constructor({ projection, crval, crpix, cd, sip = null }) {
    this.projection = projection;
    this.crval = crval;
    this.crpix = crpix;
    this.cd = cd;
    this.sip = sip;
    const determinant = cd[0] * cd[3] - cd[1] * cd[2];
    this.inverseCd = [cd[3] / determinant, -cd[1] / determinant, -cd[2] / determinant, cd[0] / determinant];
    /** Area of a pixel in square degrees (square pixels for LINEAR). */
    this.pixelArea = Math.abs(determinant);
    this.sinDec = Math.sin(crval[1] * RADIANS);
    this.cosDec = Math.cos(crval[1] * RADIANS);
  }

  /** Length of a pixel's side: arcseconds, or pixels for LINEAR. */
  get pixelScale() {
    return Math.sqrt(this.pixelArea) * (this.isSky ? 3600 : 1);
  }

  /** Whether this describes a place on the sky. */
  get isSky() {
    return this.projection !== 'LINEAR';
  }

  /**
   * Right ascension (0..360) and declination in degrees; NaN off the projected sphere.
   * @param {number} x
   * @param {number} y
   * @param {Float64Array | number[]} [out] where to put them, to save an allocation a pixel
   */
  pixelToSky(x, y, out = [0, 0]) {
    let u = x - this.crpix[0];
    let v = y - this.crpix[1];
    if (this.sip) [u, v] = this.sip.undistort(u, v);
    const east = this.cd[0] * u + this.cd[1] * v;
    const north = this.cd[2] * u + this.cd[3] * v;
    if (this.projection === 'LINEAR') {
      out[0] = this.crval[0] + east;
      out[1] = this.crval[1] + north;
      return out;
    }
    return this.#deproject(east * RADIANS, north * RADIANS, out);
  }

  #deproject(xi, eta, out) {
    const { sinDec, cosDec } = this;
    // Height above the tangent plane's origin; NaN beyond the limb of SIN.
    const w = this.projection === 'TAN' ? 1 : Math.sqrt(1 - xi * xi - eta * eta);
    const towardsPole = w * cosDec - eta * sinDec;
    const ra = this.crval[0] + Math.atan2(xi, towardsPole) / RADIANS;
    out[0] = ((ra % 360) + 360) % 360;
    out[1] = Math.atan2(w * sinDec + eta * cosDec, Math.hypot(xi, towardsPole)) / RADIANS;
    return out;
  }

  /**
   * Pixel of a place on the sky; NaN for places the projection cannot show.
   * @param {number} ra degrees
   * @param {number} dec degrees
   * @param {Float64Array | number[]} [out]
   */
  skyToPixel(ra, dec, out = [0, 0]) {
    if (this.projection === 'LINEAR') return this.#planeToPixel(ra - this.crval[0], dec - this.crval[1], out);
    const difference = (ra - this.crval[0]) * RADIANS;
    const sin = Math.sin(dec * RADIANS);
    const cos = Math.cos(dec * RADIANS);
    const cosDifference = Math.cos(difference);
    const towards = sin * this.sinDec + cos * this.cosDec * cosDifference;
    const scale = towards <= 0 ? NaN : this.projection === 'TAN' ? 1 / towards : 1;
    const xi = scale * cos * Math.sin(difference);
    const eta = scale * (sin * this.cosDec - cos * this.sinDec * cosDifference);
    return this.#planeToPixel(xi / RADIANS, eta / RADIANS, out);
  }

  #planeToPixel(east, north, out) {
    let u = this.inverseCd[0] * east + this.inverseCd[1] * north;
    let v = this.inverseCd[2] * east + this.inverseCd[3] * north;
    if (this.sip) [u, v] = this.sip.distort(u, v);
    out[0] = u + this.crpix[0];
    out[1] = v + this.crpix[1];
    return out;
  }

  /**
   * The same sky seen by an image whose pixels are displaced by (dx, dy).
   * @param {number} dx
   * @param {number} dy
   */
  shifted(dx, dy) {
    const { projection, crval, cd, sip } = this;
    return new Wcs({ projection, crval, crpix: [this.crpix[0] + dx, this.crpix[1] + dy], cd, sip });
  }

  /**
   * Writes the keywords of this system into a header.
   * @param {import('./fits-header.mjs').FitsHeader} header
   */
  writeTo(header) {
    const unit = this.isSky ? 'deg' : 'pixel';
    header
      .set('CTYPE1', this.isSky ? `RA---${this.projection}` : 'LINEAR')
      .set('CTYPE2', this.isSky ? `DEC--${this.projection}` : 'LINEAR');
    header.set('CUNIT1', unit).set('CUNIT2', unit);
    header
      .set('CRVAL1', this.crval[0], `[${unit}] reference point`)
      .set('CRVAL2', this.crval[1], `[${unit}] reference point`);
    header
      .set('CRPIX1', this.crpix[0], '[pixel] reference point')
      .set('CRPIX2', this.crpix[1], '[pixel] reference point');
    ['CD1_1', 'CD1_2', 'CD2_1', 'CD2_2'].forEach((keyword, i) =>
      header.set(keyword, this.cd[i], `[${unit}/pixel]`),
    );
    if (this.isSky) header.set('RADESYS', 'ICRS').set('EQUINOX', 2000);
    return header;
  }
}

/**
 * The world coordinate system a header describes.
 * @param {import('./fits-header.mjs').FitsHeader} header
 * @returns {{wcs: Wcs, reason: null} | {wcs: null, reason: string}} the reason is a sentence for people
 */
export function wcsFromHeader(header) {
  const types = [header.text('CTYPE1') ?? '', header.text('CTYPE2') ?? ''];
  const match = types.map((type) => /^(RA-|DEC)-+(TAN|SIN)(-SIP)?$/.exec(type));
  if (types[0] === '' || types[1] === '') return none('the header has no CTYPE1 and CTYPE2');
  if (!match[0] || !match[1] || match[0][1] === match[1][1] || match[0][2] !== match[1][2])
    return none(`the projection ${types.join(', ')} is not one of RA/DEC with TAN or SIN`);
  const unsupported = unsupportedDetail(header);
  if (unsupported) return none(unsupported);
  const cd = linearPart(header);
  if (!cd || !(Math.abs(cd[0] * cd[3] - cd[1] * cd[2]) > 0))
    return none('the header has no usable CD matrix, CDELT or PC matrix');
  const values = [
    header.number('CRVAL1'),
    header.number('CRVAL2'),
    header.number('CRPIX1'),
    header.number('CRPIX2'),
  ];
  if (values.includes(undefined)) return none('the header lacks CRVAL or CRPIX');
  const declinationFirst = match[0][1] === 'DEC';
  return {
    wcs: new Wcs({
      projection: /** @type {Projection} */ (match[0][2]),
      crval: declinationFirst ? [values[1], values[0]] : [values[0], values[1]],
      crpix: [values[2], values[3]],
      cd: declinationFirst ? [cd[2], cd[3], cd[0], cd[1]] : cd,
      sip: match[0][3] ? readSip(header) : null,
    }),
    reason: null,
  };
}

const none = (reason) => ({ wcs: null, reason });

function unsupportedDetail(header) {
  const unit = header.text('CUNIT1');
  if (unit && unit.toLowerCase() !== 'deg' && unit.toLowerCase() !== 'degree')
    return `coordinates in ${unit} are not supported`;
  if ((header.number('LONPOLE') ?? 180) !== 180) return 'a LONPOLE other than 180 is not supported';
  if ((header.number('PV2_1') ?? 0) !== 0 || (header.number('PV2_2') ?? 0) !== 0)
    return 'slanted projections (PV2_1, PV2_2) are not supported';
  const equinox = header.number('EQUINOX') ?? header.number('EPOCH') ?? 2000;
  if (equinox !== 2000 && !/ICRS/.test(header.text('RADESYS') ?? ''))
    return `equinox ${equinox} would need precession, which is not supported`;
  return null;
}

/** CD matrix, or PC matrix with CDELT, or CDELT with CROTA2, in that order. */
function linearPart(header) {
  const matrix = (prefix) => ['1_1', '1_2', '2_1', '2_2'].map((index) => header.number(prefix + index));
  const cd = matrix('CD');
  if (cd.some((value) => value !== undefined)) return cd.map((value) => value ?? 0);
  const delta = [header.number('CDELT1'), header.number('CDELT2')];
  if (delta.includes(undefined)) return null;
  const pc = matrix('PC');
  if (pc.some((value) => value !== undefined)) {
    const [a, b, c, d] = [pc[0] ?? 1, pc[1] ?? 0, pc[2] ?? 0, pc[3] ?? 1];
    return [delta[0] * a, delta[0] * b, delta[1] * c, delta[1] * d];
  }
  const angle = (header.number('CROTA2') ?? 0) * RADIANS;
  return [
    delta[0] * Math.cos(angle),
    -delta[1] * Math.sin(angle),
    delta[0] * Math.sin(angle),
    delta[1] * Math.cos(angle),
  ];
}
