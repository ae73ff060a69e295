import type { FitsValue } from '@meridian/core';
import { factsOf } from './header-facts.js';

const facts = (values: Record<string, FitsValue>): ReturnType<typeof factsOf> =>
  factsOf(new Map(Object.entries(values)));

describe('what a header says', () => {
  it('is dims, times, position and metadata', () => {
    const header = {
      TELESCOP: 'VST ',
      INSTRUME: 'OMEGACAM',
      FILTER: 'r',
      OBJECT: 'M17',
      EXPTIME: 30,
      'DATE-OBS': '2024-05-01T02:03:04.5678',
      CTYPE1: 'RA---TAN',
      CTYPE2: 'DEC--TAN',
      CRVAL1: 275.1,
      CRVAL2: -16.2,
    };

    expect(facts(header)).toEqual({
      dims: { telescope: 'VST', instrument: 'OMEGACAM', filter: 'r', source: 'M17' },
      obs_time: '2024-05-01T02:03:04.567Z',
      obs_time_end: '2024-05-01T02:03:34.567Z',
      ra_deg: 275.1,
      dec_deg: -16.2,
      metadata: { exptime: 30 },
    });
  });

  it('is empty for an empty header', () => {
    expect(facts({})).toEqual({
      dims: {},
      obs_time: null,
      obs_time_end: null,
      ra_deg: null,
      dec_deg: null,
      metadata: {},
    });
  });

  it.each([
    [{ 'DATE-OBS': '2024-05-01' }, '2024-05-01T00:00:00.000Z'],
    [{ 'DATE-OBS': '2024-05-01', 'TIME-OBS': '12:30:00' }, '2024-05-01T12:30:00.000Z'],
    [{ 'DATE-OBS': '31/12/98', UT: '01:02:03.25' }, '1998-12-31T01:02:03.250Z'],
    [{ UT_DATE: '990502', UT: '09:22:50.09' }, '1999-05-02T09:22:50.090Z'],
    [{ 'MJD-OBS': 51_300.5 }, '1999-05-02T12:00:00.000Z'],
    [{ 'DATE-OBS': 'yesterday' }, null],
    [{ 'DATE-OBS': '2024-13-41' }, null],
    [{ 'MJD-OBS': 0 }, null],
  ])('%j was observed at %s', (header, expected) => {
    expect(facts(header as Record<string, FitsValue>).obs_time).toBe(expected);
  });

  it.each([
    [{ CTYPE1: 'DEC--TAN', CTYPE2: 'RA---TAN', CRVAL1: 10, CRVAL2: 370 }, [10, 10]],
    [{ RA: '18:20:00.0', DEC: '-16:10:30' }, [275, -16.175]],
    [{ RA: 12.5, DEC: -0.5 }, [12.5, -0.5]],
    [{ CTYPE1: 'GLON-CAR', CTYPE2: 'GLAT-CAR', CRVAL1: 1, CRVAL2: 2 }, [null, null]],
    [{ RA: 12.5, DEC: 99 }, [null, null]],
    [{ RA: 12.5 }, [null, null]],
  ])('%j points at %j', (header, [ra, dec]) => {
    expect(facts(header as Record<string, FitsValue>)).toMatchObject({ ra_deg: ra, dec_deg: dec });
  });
});
