import type { ResultColumn, ResultTable } from '@meridian/core';

export const column = (
  name: string,
  type: ResultColumn['type'],
  change: Partial<ResultColumn> = {},
): ResultColumn => ({
  ...{ name, type, unit: '', description: '', section: '', nullable: true, bits: [] },
  ...change,
});
export const FLUX: ResultTable = {
  ...{ name: 'flux', description: 'of each input', rows_of: 'item', key: [] },
  columns: [
    column('flux', 'float64', {
      unit: 'Jy',
      description: "the source's",
      section: 'Photometry',
      nullable: false,
    }),
    column('flags', 'flags', { nullable: false, bits: [{ bit: 2, name: 'edge', description: '' }] }),
    column('seen_at', 'timestamp'),
  ],
};
export const SOURCES: ResultTable = {
  ...{ name: 'sources', description: '', rows_of: 'item', key: ['number'] },
  columns: [column('number', 'int32', { nullable: false }), column('name', 'text'), column('large', 'int64')],
};
export const ndjson = (rows: readonly unknown[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');
