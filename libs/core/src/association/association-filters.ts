import type { FilterTable } from '../filter/column-catalogue.js';
import { dependsOnTime, tablesOf } from '../filter/filter.js';
import type { Association } from './association.js';

/** The tables that the associations' filters read beside data_item: a change of one of them may change any choice. */
export const associationTables = (associations: readonly Association[]): ReadonlySet<FilterTable> =>
  new Set(associations.flatMap(({ select }) => (select === null ? [] : [...tablesOf(select)])));

/** True when the passing of time alone can change what may be chosen. */
export const associationsDependOnTime = (associations: readonly Association[]): boolean =>
  associations.some(({ select }) => select !== null && dependsOnTime(select));
