import type { Problem } from '../shared/domain-error.js';
import { jsonPointer } from '../definition/json-pointer.js';
import type { ResultColumn, ResultTable } from './result-table.js';

/**
 * Rows of all versions of a software lie in the same table: what a version says of a table may add to what earlier ones said of it,
 * and not contradict it. Paths are below `tables`.
 */
export function checkTableHistory(
  tables: readonly ResultTable[],
  earlier: readonly (readonly ResultTable[])[],
): Problem[] {
  return tables.flatMap((table, index) => {
    const known = earlier.flatMap((version) => version.filter(({ name }) => name === table.name));
    return known.length === 0
      ? []
      : contradictions(table, known).map((problem) => ({
          ...problem,
          path: jsonPointer(index) + problem.path,
        }));
  });
}

function contradictions(table: ResultTable, known: readonly ResultTable[]): Problem[] {
  const [first] = known;
  const problems: Problem[] = [];
  const report = (code: string, path: string, message: string): void =>
    void problems.push({ code, path, message });
  if (first !== undefined && first.rows_of !== table.rows_of)
    report(
      'table.rows_changed',
      '/rows_of',
      `earlier versions have rows of ${first.rows_of} here: name another table`,
    );
  if (first !== undefined && first.key.join() !== table.key.join())
    report(
      'table.key_changed',
      '/key',
      `earlier versions tell rows apart by (${first.key.join(', ')}): name another table`,
    );
  table.columns.forEach((column, index) => {
    const was = known.flatMap(({ columns }) => columns.filter(({ name }) => name === column.name));
    const path = jsonPointer('columns', index);
    const other = was.find(({ type }) => type !== column.type);
    if (other !== undefined)
      report(
        'table.type_changed',
        `${path}/type`,
        `"${column.name}" is ${other.type} in earlier versions: name another column`,
      );
    const bit = bitWithAnotherMeaning(column, was);
    if (bit !== null)
      report(
        'table.bit_changed',
        `${path}/bits`,
        `bit ${bit.bit} is "${bit.name}" in earlier versions: take another bit`,
      );
  });
  return problems;
}

function bitWithAnotherMeaning(
  { bits }: ResultColumn,
  was: readonly ResultColumn[],
): { bit: number; name: string } | null {
  const known = was.flatMap((column) => column.bits);
  return known.find((old) => bits.some(({ bit, name }) => bit === old.bit && name !== old.name)) ?? null;
}
