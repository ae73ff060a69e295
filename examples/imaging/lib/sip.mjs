/**
 * SIP distortion, which astrometric solvers write for real optics.
 * Shupe et al. 2005, ASP Conf. Ser. 347, 491: u' = u + A(u, v), v' = v + B(u, v),
 * both measured from the reference pixel.
 */

/** The inverse is found by iteration; real distortions converge in a few steps. */
const INVERSE_STEPS = 12;

export class Sip {
  /**
   * @param {Array<[number, number, number]>} a power of u, power of v, coefficient
   * @param {Array<[number, number, number]>} b
   */
  constructor(a, b) {
    this.a = a;
    this.b = b;
  }

  /** From measured pixel offsets to those of an ideal camera. */
  undistort(u, v) {
    return [u + evaluate(this.a, u, v), v + evaluate(this.b, u, v)];
  }

  /** The inverse of `undistort`. */
  distort(u, v) {
    let measuredU = u;
    let measuredV = v;
    for (let step = 0; step < INVERSE_STEPS; step++) {
      const [idealU, idealV] = this.undistort(measuredU, measuredV);
      measuredU += u - idealU;
      measuredV += v - idealV;
    }
    return [measuredU, measuredV];
  }
}

const evaluate = (terms, u, v) =>
  terms.reduce((sum, [p, q, coefficient]) => sum + coefficient * u ** p * v ** q, 0);

/**
 * @param {import('./fits-header.mjs').FitsHeader} header
 * @returns {Sip}
 */
export function readSip(header) {
  const terms = (letter) =>
    header.cards.flatMap((card) => {
      const powers = new RegExp(`^${letter}_(\\d)_(\\d)$`).exec(card.keyword);
      return powers && typeof card.value === 'number'
        ? [[Number(powers[1]), Number(powers[2]), card.value]]
        : [];
    });
  return new Sip(terms('A'), terms('B'));
}
