/**
 * What a header says about the observation, as values to group and search by.
 * Archives disagree about keywords and, before 1999, about dates; what is
 * missing or cannot be understood is left out rather than guessed.
 */
import { wcsFromHeader } from './wcs.mjs';

/** @typedef {import('./fits-header.mjs').FitsHeader} FitsHeader */

/**
 * @typedef {object} Observation
 * @property {string} [obs_time] start, ISO 8601 UTC
 * @property {number} [exposure_seconds]
 * @property {string} [instrument]
 * @property {string} [telescope]
 * @property {string} [filter]
 * @property {string} [object]
 * @property {number} [ra_deg] of the image's centre
 * @property {number} [dec_deg]
 */

/** First keyword found wins. */
const TEXT_KEYWORDS = {
  instrument: ['INSTRUME', 'INSTRUMENT', 'DETECTOR', 'CAMERA'],
  telescope: ['TELESCOP', 'TELNAME', 'OBSERVAT'],
  filter: ['FILTER', 'FILTER1', 'FILTNAM', 'BAND'],
  object: ['OBJECT', 'TARGNAME', 'FIELD'],
};
const DATE_KEYWORDS = ['DATE-OBS', 'DATE_OBS', 'DATE-BEG', 'UT_DATE', 'UTDATE', 'ORDATE'];
const TIME_KEYWORDS = ['UT', 'TIME-OBS', 'UTC-OBS', 'UTC', 'UTSTART', 'UT_SOS', 'UTIME'];
const EXPOSURE_KEYWORDS = ['EXPTIME', 'EXPOSURE', 'ITIME', 'TEXPTIME'];
const MODIFIED_JULIAN_DATE_OF_UNIX_EPOCH = 40587;
const MILLISECONDS_PER_DAY = 86_400_000;

/**
 * @param {FitsHeader} header
 * @returns {Observation}
 */
export function observationOf(header) {
  const texts = Object.entries(TEXT_KEYWORDS).map(([name, keywords]) => [name, firstText(header, keywords)]);
  const exposure = EXPOSURE_KEYWORDS.map((keyword) => header.number(keyword)).find(
    (value) => value !== undefined && value >= 0,
  );
  const [ra, dec] = centreOf(header) ?? [];
  const all = [
    ['obs_time', obsTime(header)],
    ['exposure_seconds', exposure],
    ...texts,
    ['ra_deg', roundDegrees(ra)],
    ['dec_deg', roundDegrees(dec)],
  ];
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

const firstText = (header, keywords) =>
  keywords.map((keyword) => header.text(keyword)).find((value) => value !== undefined);

const roundDegrees = (value) => (value === undefined ? undefined : Number(value.toFixed(6)));

function obsTime(header) {
  for (const keyword of DATE_KEYWORDS) {
    const text = header.text(keyword);
    const time = text && parseDate(text, firstText(header, TIME_KEYWORDS));
    if (time) return time;
  }
  const mjd = header.number('MJD-OBS') ?? header.number('MJD');
  return mjd === undefined
    ? undefined
    : isoOf(new Date((mjd - MODIFIED_JULIAN_DATE_OF_UNIX_EPOCH) * MILLISECONDS_PER_DAY));
}

/**
 * A date in any form FITS has had: `2001-05-02T09:22:50.1`, `2001-05-02`, the
 * old `02/05/99` (day, month, year of the twentieth century), and 2MASS's
 * `990502`. A date without a time takes the one given beside it, or midnight.
 * @param {string} date
 * @param {string} [time] `hh:mm:ss.s`
 * @returns {string | undefined} ISO 8601 UTC with milliseconds
 */
export function parseDate(date, time) {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?)Z?)?$/.exec(date);
  if (iso) return utc(Number(iso[1]), Number(iso[2]), Number(iso[3]), iso[4] ?? time);
  const old = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4})$/.exec(date);
  if (old)
    return utc(
      old[3].length === 2 ? 1900 + Number(old[3]) : Number(old[3]),
      Number(old[2]),
      Number(old[1]),
      time,
    );
  const compact = /^(\d{2}|\d{4})(\d{2})(\d{2})$/.exec(date);
  if (compact)
    return utc(
      compact[1].length === 4 ? Number(compact[1]) : windowedYear(Number(compact[1])),
      Number(compact[2]),
      Number(compact[3]),
      time,
    );
  return undefined;
}

/** Digital astronomy began after 1950. */
const windowedYear = (twoDigits) => (twoDigits >= 50 ? 1900 : 2000) + twoDigits;

function utc(year, month, day, time) {
  const [hours = 0, minutes = 0, seconds = 0] = (time ?? '').split(':').filter(Boolean).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hours, minutes, 0) + Math.round(seconds * 1000));
  // Date.UTC carries 31 February over into March; such a date is a mistake, not a time.
  const valid =
    month >= 1 &&
    month <= 12 &&
    new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day &&
    hours < 24 &&
    minutes < 60 &&
    seconds < 61;
  return valid ? isoOf(date) : undefined;
}

const isoOf = (date) => (Number.isNaN(date.getTime()) ? undefined : date.toISOString());

function centreOf(header) {
  const { wcs } = wcsFromHeader(header);
  const size = [header.number('NAXIS1'), header.number('NAXIS2')];
  if (wcs && size[0] && size[1]) return wcs.pixelToSky((size[0] + 1) / 2, (size[1] + 1) / 2);
  const ra = parseAngle(header.get('RA') ?? header.get('OBJCTRA'), 15);
  const dec = parseAngle(header.get('DEC') ?? header.get('OBJCTDEC'), 1);
  return ra === undefined || dec === undefined || ra < 0 || ra >= 360 || Math.abs(dec) > 90
    ? undefined
    : [ra, dec];
}

/** Degrees from a number in degrees or a sexagesimal text, whose unit is `degreesPerUnit`. */
function parseAngle(value, degreesPerUnit) {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const parts = /^\s*([+-]?)(\d+)[: hd]+(\d+)[: m']+(\d+(?:\.\d*)?)/.exec(value);
  if (!parts) return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
  const size = Number(parts[2]) + Number(parts[3]) / 60 + Number(parts[4]) / 3600;
  return (parts[1] === '-' ? -size : size) * degreesPerUnit;
}
