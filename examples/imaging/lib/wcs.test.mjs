import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FitsHeader } from './fits-header.mjs';
import { Wcs, wcsFromHeader } from './wcs.mjs';

function headerOf(keywords) {
  const header = new FitsHeader();
  for (const [keyword, value] of Object.entries(keywords)) header.set(keyword, value);
  return header;
}

const types = (projection) => ({ CTYPE1: `RA---${projection}`, CTYPE2: `DEC--${projection}` });

/** Reference values: astropy 8.0.2 (wcslib), WCS.all_pix2world with origin 1, at pixels (1, 1) and (300.25, 77.5). */
const REFERENCE = {
  'SIN with CDELT and CROTA2 (a 2MASS tile)': {
    keywords: {
      ...types('SIN'),
      CRPIX1: 256.5,
      CRPIX2: 512.5,
      CRVAL1: 274.998757,
      CRVAL2: -16.2469759,
      CROTA2: 0.007435957782,
      CDELT1: -0.0002777777845,
      CDELT2: 0.0002777777845,
    },
    sky: [
      [275.07275434461735, -16.389037344582967],
      [274.98610724009, -16.367810527173265],
    ],
  },
  'TAN with CDELT and a large CROTA2, across right ascension zero': {
    keywords: {
      ...types('TAN'),
      CRPIX1: 100,
      CRPIX2: 200,
      CRVAL1: 359.5,
      CRVAL2: 62,
      CROTA2: 33,
      CDELT1: -0.01,
      CDELT2: 0.012,
    },
    sky: [
      [3.822617200706077, 60.466817981783244],
      [357.7612543815953, 59.66628642861926],
    ],
  },
  'SIN with a CD matrix, near the pole': {
    keywords: {
      ...types('SIN'),
      CRPIX1: 50,
      CRPIX2: 60,
      CRVAL1: 10,
      CRVAL2: -85,
      CD1_1: -0.009,
      CD1_2: 0.002,
      CD2_1: 0.0015,
      CD2_2: 0.011,
    },
    sky: [
      [14.322387200241705, -85.71037526027342],
      [348.2422026479904, -84.00756867845833],
    ],
  },
  'TAN with a PC matrix and CDELT': {
    keywords: {
      ...types('TAN'),
      CRPIX1: 512,
      CRPIX2: 512,
      CRVAL1: 56.83,
      CRVAL2: 24.13,
      CDELT1: -0.002,
      CDELT2: 0.002,
      PC1_1: 0.8,
      PC1_2: -0.6,
      PC2_1: 0.6,
      PC2_2: 0.8,
    },
    sky: [
      [57.05149169932815, 22.699344896334885],
      [56.63139161566834, 23.180662291090872],
    ],
  },
  'TAN with SIP distortion': {
    keywords: {
      CTYPE1: 'RA---TAN-SIP',
      CTYPE2: 'DEC--TAN-SIP',
      CRPIX1: 500,
      CRPIX2: 400,
      CRVAL1: 150,
      CRVAL2: 2.2,
      CD1_1: -3e-4,
      CD1_2: 1e-6,
      CD2_1: 1e-6,
      CD2_2: 3e-4,
      A_ORDER: 2,
      A_2_0: 2e-6,
      A_1_1: -1e-6,
      A_0_2: 5e-7,
      B_ORDER: 2,
      B_2_0: -8e-7,
      B_1_1: 1.5e-6,
      B_0_2: 2.5e-6,
    },
    sky: [
      [150.14928563800498, 2.079943736193628],
      [150.05962266600514, 2.103146689325935],
    ],
  },
};
/** astropy gives declination first here, as the axes are. */
const DECLINATION_FIRST = {
  CTYPE1: 'DEC--TAN',
  CTYPE2: 'RA---TAN',
  CRPIX1: 10,
  CRPIX2: 20,
  CRVAL1: 24.13,
  CRVAL2: 56.83,
  CD1_1: 0.001,
  CD1_2: 0.0002,
  CD2_1: 0.0003,
  CD2_2: -0.0011,
};
REFERENCE['declination on the first axis'] = {
  keywords: DECLINATION_FIRST,
  sky: [
    [56.849940581093705, 24.117198706137327],
    [56.85616788069347, 24.43174495997186],
  ],
};

const PIXELS = [
  [1, 1],
  [300.25, 77.5],
];

const near = (actual, expected, tolerance, message) =>
  actual.forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) < tolerance, `${message}: ${actual} is not ${expected}`),
  );

for (const [name, { keywords, sky }] of Object.entries(REFERENCE)) {
  test(`${name} agrees with wcslib, there and back`, () => {
    const { wcs } = wcsFromHeader(headerOf(keywords));
    PIXELS.forEach(([x, y], i) => {
      near(wcs.pixelToSky(x, y), sky[i], 1e-10, name);
      near(wcs.skyToPixel(...sky[i]), [x, y], 1e-6, name);
    });
  });
}

test('the reference pixel is the reference point', () => {
  const { wcs } = wcsFromHeader(headerOf(REFERENCE['SIN with a CD matrix, near the pole'].keywords));
  near(wcs.pixelToSky(50, 60), [10, -85], 1e-12, 'reference');
});

test('one arcsecond is one pixel of a 2MASS tile', () => {
  const { wcs } = wcsFromHeader(headerOf(REFERENCE['SIN with CDELT and CROTA2 (a 2MASS tile)'].keywords));
  assert.ok(Math.abs(wcs.pixelScale - 1) < 1e-6);
});

test('places behind the projection have no pixel', () => {
  const wcs = new Wcs({ projection: 'TAN', crval: [0, 0], crpix: [1, 1], cd: [-0.1, 0, 0, 0.1] });
  assert.ok(wcs.skyToPixel(180, 0).every(Number.isNaN));
  const sin = new Wcs({ projection: 'SIN', crval: [0, 0], crpix: [1, 1], cd: [-1, 0, 0, 1] });
  assert.ok(sin.pixelToSky(100, 1).every(Number.isNaN));
});

test('a shifted system sees the same sky in other pixels', () => {
  const { wcs } = wcsFromHeader(headerOf(REFERENCE['TAN with SIP distortion'].keywords));
  near(wcs.shifted(12.5, -3).pixelToSky(300 + 12.5, 77 - 3), wcs.pixelToSky(300, 77), 1e-12, 'shifted');
});

test('what is written is read back', () => {
  const wcs = new Wcs({
    projection: 'TAN',
    crval: [56.8, 24.1],
    crpix: [640.5, 540.25],
    cd: [-0.00138, 3e-5, 3e-5, 0.00138],
  });
  const back = wcsFromHeader(wcs.writeTo(new FitsHeader())).wcs;
  assert.deepEqual(
    [back.projection, back.crval, back.crpix, back.cd],
    [wcs.projection, wcs.crval, wcs.crpix, wcs.cd],
  );
});

test('an unusable system says why', () => {
  const good = REFERENCE['TAN with a PC matrix and CDELT'].keywords;
  const cases = [
    [{}, /no CTYPE1/],
    [{ ...good, CTYPE1: 'RA---ZEA', CTYPE2: 'DEC--ZEA' }, /RA---ZEA/],
    [{ ...good, CTYPE2: 'RA---TAN' }, /not one of/],
    [{ ...good, CUNIT1: 'arcsec' }, /arcsec/],
    [{ ...good, LONPOLE: 90 }, /LONPOLE/],
    [{ ...good, EQUINOX: 1950 }, /1950/],
    [{ ...good, PV2_1: 0.1 }, /PV2_1/],
    [{ ...types('TAN'), CRVAL1: 1, CRVAL2: 1, CRPIX1: 1, CRPIX2: 1 }, /CDELT/],
    [{ ...types('TAN'), CRVAL1: 1, CRVAL2: 1, CDELT1: 1, CDELT2: 1 }, /CRPIX/],
    [{ ...good, CDELT1: 0 }, /no usable/],
  ];
  for (const [keywords, reason] of cases) {
    const result = wcsFromHeader(headerOf(keywords));
    assert.equal(result.wcs, null);
    assert.match(result.reason, reason);
  }
});
