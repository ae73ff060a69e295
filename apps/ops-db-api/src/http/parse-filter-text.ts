import { DomainError, parseFilter, messageOf, type Filter } from '@meridian/core';

/**
 * The filter in a query string, in the language that groupings are defined with.
 *
 * @throws DomainError `filter.invalid`
 */
export function parseFilterText(text: string | undefined): Filter | null {
  if (text === undefined) return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DomainError({
      kind: 'invalid',
      code: 'filter.invalid',
      message: `The filter is not JSON: ${messageOf(error)}`,
      action:
        'Give a filter as groupings have them, for example [{"table": "DataItem", "column": "metadata", "json_path": "exptime", "operator": "gt", "value": 5}].',
    });
  }
  return parseFilter(json);
}
