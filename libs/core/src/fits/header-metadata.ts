import { safeText } from '../run/failure-reason.js';
import type { JsonObject } from '../shared/json.js';
import { fitsValueInJson } from './fits-card.js';
import type { FitsHeader, FitsUnit } from './fits-header.js';

/** Of one file: a header of more keywords, or longer texts, is cut. */
const MAX_KEYWORDS = 200;
const MAX_TEXT = 200;
const MAX_KEY = 128;
const MAX_UNITS = 64;

/** How the file is laid out, and sums over it: nothing that anybody looks for. */
const LAYOUT =
  /^(SIMPLE|XTENSION|EXTEND|BLOCKED|PCOUNT|GCOUNT|GROUPS|TFIELDS|THEAP|INHERIT|CHECKSUM|DATASUM|ZHECKSUM|ZDATASUM|T(TYPE|FORM|UNIT|DIM|DISP|NULL|SCAL|ZERO|COMM|BCOL)\d+)$/;

/**
 * What the headers of a file's units say, for the metadata of its item: {exptime: 7.8, "date-obs": "…"}, keywords in small letters.
 *
 * It is the primary header; where that one has no data, what the first extension with data says is added. A file of several units has them in
 * `hdus`: [{name, kind, shape}].
 */
export function metadataOfUnits(units: readonly FitsUnit[]): JsonObject {
  const [primary, ...extensions] = units;
  if (primary === undefined) return {};
  const described = primary.shape.length === 0 ? extensions.find(({ shape }) => shape.length > 0) : undefined;
  const merged: FitsHeader = new Map([
    ...(described === undefined ? [] : filledIn(described.header)),
    ...filledIn(primary.header).filter(([keyword]) => described === undefined || !isShape(keyword)),
  ]);
  const keywords = [...merged].filter(([keyword]) => !LAYOUT.test(keyword)).slice(0, MAX_KEYWORDS);
  const metadata = Object.fromEntries(
    keywords.map(([keyword, value]) => {
      const plain = fitsValueInJson(value);
      const key = safeText(keyword, MAX_KEY).toLowerCase();
      return [key, typeof plain === 'string' ? safeText(plain.trim(), MAX_TEXT) : plain];
    }),
  );
  if (units.length === 1) return metadata;
  const hdus = units.slice(0, MAX_UNITS).map(({ name, kind, shape }) => ({
    name: safeText(name, MAX_TEXT),
    kind,
    shape: [...shape],
  }));
  return { ...metadata, hdus };
}

const filledIn = (header: FitsHeader) => [...header].filter(([, value]) => value !== '');

/** Of a primary unit without data they would hide those of the image. */
const isShape = (keyword: string): boolean => keyword === 'BITPIX' || /^NAXIS\d*$/.test(keyword);
