import { canonicalInstant } from '../filter/instant.js';
import type { ItemRow } from '../filter/item-row.js';
import { valueAt } from '../filter/json-path.js';
import type { Dims, Json, JsonScalar } from '../shared/json.js';
import type { GroupByTerm } from './group-by-term.js';
import { healpixRing } from './healpix.js';
import { bucketStart } from './time-bucket.js';

/** The dims of the group that a row belongs to, null where it has no value: what `compileGroupBy` computes in SQL. */
export const groupKeyOf = (terms: readonly GroupByTerm[], row: ItemRow): Dims =>
  Object.fromEntries(terms.map((term) => [term.name, valueOf(term, row)]));

function valueOf(term: GroupByTerm, row: ItemRow): JsonScalar {
  const inherited = Object.hasOwn(row.dims, term.name) ? scalarOrNull(row.dims[term.name]) : null;
  return inherited ?? computed(term, row);
}

function computed(term: GroupByTerm, row: ItemRow): JsonScalar {
  switch (term.kind) {
    case 'dim':
      return null;
    case 'metadata':
      return scalarOrNull(valueAt(row.metadata, term.path));
    case 'healpix':
      return row.ra_deg === null || row.dec_deg === null
        ? null
        : healpixRing(row.ra_deg, row.dec_deg, term.nside);
    case 'date':
    case 'time_bucket': {
      const instant = row.obs_time === null ? null : canonicalInstant(row.obs_time);
      if (instant === null) return null;
      return term.kind === 'date' ? instant.slice(0, 10) : bucketStart(instant, term.seconds);
    }
  }
}

/** Lists and objects cannot be part of a key. */
const scalarOrNull = (value: Json | undefined): JsonScalar =>
  value === undefined || typeof value === 'object' ? null : value;
