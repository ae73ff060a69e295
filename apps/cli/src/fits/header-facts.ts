import { fitsValueInJson, type Dims, type FitsHeader } from '@meridian/core';

/** What a header says about its file, in Meridian's words. */
export interface HeaderFacts {
  readonly dims: Dims;
  readonly obs_time: string | null;
  readonly obs_time_end: string | null;
  readonly ra_deg: number | null;
  readonly dec_deg: number | null;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

/** Dimension → the keywords that may hold it, best first. */
const DIMENSIONS = {
  telescope: ['TELESCOP', 'TELNAME'],
  instrument: ['INSTRUME'],
  filter: ['FILTER', 'FILTER1', 'BAND'],
  source: ['OBJECT', 'TARGNAME'],
} as const;

/** Numbers and words worth keeping beside the dimensions. */
const METADATA = [
  'EXPTIME',
  'BITPIX',
  'NAXIS1',
  'NAXIS2',
  'IMAGETYP',
  'OBSTYPE',
  'OBSERVER',
  'ORIGIN',
  'AIRMASS',
  'MAGZP',
];

/** Reads dims, observation time and position out of a header; what is not there, or makes no sense, is null or left out. */
export function factsOf(header: FitsHeader): HeaderFacts {
  const start = observationStart(header);
  const exposure = numberOf(header, 'EXPTIME') ?? numberOf(header, 'EXPOSURE');
  const end =
    start !== null && exposure !== null && exposure >= 0 && exposure < 1e6
      ? new Date(start.getTime() + exposure * 1000)
      : null;
  return {
    dims: dimsOf(header),
    obs_time: start?.toISOString() ?? null,
    obs_time_end: end?.toISOString() ?? null,
    ...positionOf(header),
    metadata: Object.fromEntries(
      METADATA.flatMap((keyword) =>
        header.has(keyword) ? [[keyword.toLowerCase(), fitsValueInJson(header.get(keyword) ?? '')]] : [],
      ),
    ),
  };
}

function dimsOf(header: FitsHeader): Dims {
  const found = Object.entries(DIMENSIONS).flatMap(([dimension, keywords]) => {
    const value = keywords
      .map((keyword) => header.get(keyword))
      .find((candidate) => typeof candidate === 'string' && candidate.trim() !== '');
    return value === undefined ? [] : [[dimension, printable(String(value))]];
  });
  return Object.fromEntries(found) as Dims;
}

// The standard allows printable ASCII only; what else is there came by accident.
const printable = (text: string): string => text.replace(/[^\x20-\x7e\xa0-\xff]/g, '').trim();

function observationStart(header: FitsHeader): Date | null {
  const mjd = numberOf(header, 'MJD-OBS');
  return (
    dateObs(header) ??
    surveyDate(header) ??
    (mjd !== null && mjd > 15_020 && mjd < 200_000 ? new Date((mjd - 40_587) * 86_400_000) : null)
  );
}

// DATE-OBS is `YYYY-MM-DD[Thh:mm:ss[.s]]`, or `DD/MM/YY` in files written before 1999 (FITS Standard 4.0, 4.4.2.1).
function dateObs(header: FitsHeader): Date | null {
  const text = textOf(header, 'DATE-OBS');
  const old = /^(\d\d)\/(\d\d)\/(\d\d)$/.exec(text);
  if (old !== null) return utc(`19${old[3] ?? ''}-${old[2] ?? ''}-${old[1] ?? ''}`, timeOfDay(header));
  const current = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d(?:\.\d*)?))?Z?$/.exec(text);
  return current === null ? null : utc(current[1] ?? '', current[2] ?? timeOfDay(header));
}

// 2MASS writes UT_DATE = 'yymmdd' and UT = 'hh:mm:ss.ss'.
function surveyDate(header: FitsHeader): Date | null {
  const match = /^(\d\d)(\d\d)(\d\d)$/.exec(textOf(header, 'UT_DATE'));
  if (match === null) return null;
  const year = Number(match[1]);
  return utc(
    `${year < 70 ? 2000 + year : 1900 + year}-${match[2] ?? ''}-${match[3] ?? ''}`,
    timeOfDay(header),
  );
}

const timeOfDay = (header: FitsHeader): string =>
  ['TIME-OBS', 'UTC-OBS', 'UT', 'UTC']
    .map((keyword) => textOf(header, keyword))
    .find((text) => /^\d\d:\d\d:\d\d(\.\d*)?$/.test(text)) ?? '00:00:00';

function utc(date: string, time: string): Date | null {
  const at = new Date(`${date}T${time.replace(/\.$/, '').replace(/(\.\d{3})\d+/, '$1')}Z`);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** The reference point of a celestial WCS, else RA and DEC, in degrees or as hours and degrees with colons. */
function positionOf(header: FitsHeader): { ra_deg: number | null; dec_deg: number | null } {
  const axis = (prefix: string): number | null =>
    [1, 2]
      .filter((n) => textOf(header, `CTYPE${n}`).startsWith(prefix))
      .map((n) => numberOf(header, `CRVAL${n}`))[0] ?? null;
  const ra = axis('RA--') ?? degrees(header, 'RA', 15);
  const dec = axis('DEC-') ?? degrees(header, 'DEC', 1);
  if (ra === null || dec === null || dec < -90 || dec > 90 || ra < -360 || ra > 720)
    return { ra_deg: null, dec_deg: null };
  return { ra_deg: ((ra % 360) + 360) % 360, dec_deg: dec };
}

function degrees(header: FitsHeader, keyword: string, degreesPerUnit: number): number | null {
  const number = numberOf(header, keyword);
  if (number !== null) return number;
  const match = /^([+-]?)(\d+)[: ](\d+)[: ](\d+(?:\.\d*)?)$/.exec(textOf(header, keyword));
  if (match === null) return null;
  const magnitude = Number(match[2]) + Number(match[3]) / 60 + Number(match[4]) / 3600;
  return (match[1] === '-' ? -magnitude : magnitude) * degreesPerUnit;
}

const textOf = (header: FitsHeader, keyword: string): string => {
  const value = header.get(keyword);
  return typeof value === 'string' ? value.trim() : '';
};

const numberOf = (header: FitsHeader, keyword: string): number | null => {
  const value = header.get(keyword);
  return typeof value === 'number' ? value : null;
};
