import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FitsHeader } from './fits-header.mjs';
import { observationOf, parseDate } from './observation.mjs';

function headerOf(keywords) {
  const header = new FitsHeader();
  for (const [keyword, value] of Object.entries(keywords)) header.set(keyword, value);
  return header;
}

test('every form a FITS date has had means the same instant', () => {
  const expected = '1999-05-02T09:22:50.090Z';
  const forms = [
    ['1999-05-02T09:22:50.09'],
    ['1999-05-02T09:22:50.09Z'],
    ['1999-05-02', '09:22:50.09'],
    ['02/05/99', '09:22:50.09'],
    ['02/05/1999', '09:22:50.09'],
    ['990502', '09:22:50.09'],
    ['19990502', '09:22:50.09'],
  ];
  assert.deepEqual(
    forms.map(([date, time]) => parseDate(date, time)),
    forms.map(() => expected),
  );
});

test('two-digit years: the old FITS form is of the twentieth century, compact ones turn at 50', () => {
  assert.deepEqual(
    [parseDate('01/02/03'), parseDate('030201'), parseDate('970201')],
    ['1903-02-01T00:00:00.000Z', '2003-02-01T00:00:00.000Z', '1997-02-01T00:00:00.000Z'],
  );
});

test('a date that does not exist is left out, not moved', () => {
  assert.deepEqual(
    ['31/02/99', '2001-13-01', '1999-05-02T25:00:00', 'yesterday', '99-05-02'].map((date) => parseDate(date)),
    Array(5).fill(undefined),
  );
});

test('a leap second is a time', () => {
  assert.equal(parseDate('2016-12-31T23:59:60.5'), '2017-01-01T00:00:00.500Z');
});

test('a 2MASS header gives what it has', () => {
  const header = headerOf({
    NAXIS1: 512,
    NAXIS2: 1024,
    CTYPE1: 'RA---SIN',
    CTYPE2: 'DEC--SIN',
    CRPIX1: 256.5,
    CRPIX2: 512.5,
    CRVAL1: 274.998757,
    CRVAL2: -16.2469759,
    CROTA2: 0.0074,
    CDELT1: -0.000277778,
    CDELT2: 0.000277778,
    ORDATE: '990502',
    UT_DATE: '990502',
    UT: '09:22:50.09',
    FILTER: 'k       ',
    TELNAME: 'CTIO',
  });
  assert.deepEqual(observationOf(header), {
    obs_time: '1999-05-02T09:22:50.090Z',
    telescope: 'CTIO',
    filter: 'k',
    ra_deg: 274.998757,
    dec_deg: -16.246976,
  });
});

test('a modern header gives everything', () => {
  const header = headerOf({
    'DATE-OBS': '2024-11-07T21:14:00.000',
    EXPTIME: 10,
    INSTRUME: 'DEMOCAM',
    TELESCOP: 'Demo',
    FILTER: 'V',
    OBJECT: 'Pleiades',
    RA: '03:47:24.0',
    DEC: '+24 07 00',
  });
  assert.deepEqual(observationOf(header), {
    obs_time: '2024-11-07T21:14:00.000Z',
    exposure_seconds: 10,
    instrument: 'DEMOCAM',
    telescope: 'Demo',
    filter: 'V',
    object: 'Pleiades',
    ra_deg: 56.85,
    dec_deg: 24.116667,
  });
});

test('without DATE-OBS the modified Julian date tells the time', () => {
  assert.deepEqual(observationOf(headerOf({ 'MJD-OBS': 51544.5 })), { obs_time: '2000-01-01T12:00:00.000Z' });
});

test('negative declinations below one degree keep their sign', () => {
  assert.equal(observationOf(headerOf({ RA: 10.5, DEC: '-00:30:00' })).dec_deg, -0.5);
});

test('an empty header gives nothing', () => {
  assert.deepEqual(observationOf(headerOf({})), {});
});
