/** SQL text with `$1 … $n` and the values that belong to them. Built only by `sql`, so values are always bound. */
export interface SqlFragment {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Text that is part of the statement itself: a column or an operator from a fixed list, never user input. */
export class RawSql {
  constructor(readonly text: string) {}
}

/** Marks trusted text. Callers pass literals or entries of a fixed table. */
export const rawSql = (text: string): RawSql => new RawSql(text);

const isFragment = (value: unknown): value is SqlFragment =>
  typeof value === 'object' &&
  value !== null &&
  'text' in value &&
  'values' in value &&
  !(value instanceof RawSql);

const renumber = (text: string, offset: number): string =>
  text.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + offset}`);

/**
 * A statement or a piece of one: interpolated fragments are spliced with their placeholders renumbered,
 * `rawSql` is spliced as it is, everything else becomes a bound value.
 */
export function sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): SqlFragment {
  let text = strings[0] ?? '';
  const values: unknown[] = [];
  parts.forEach((part, index) => {
    if (part instanceof RawSql) text += part.text;
    else if (isFragment(part)) {
      text += renumber(part.text, values.length);
      values.push(...part.values);
    } else {
      values.push(part);
      text += `$${values.length}`;
    }
    text += strings[index + 1] ?? '';
  });
  return { text, values };
}

/** Fragments one after another with `separator` between them; `empty` when there are none. */
export function joinSql(fragments: readonly SqlFragment[], separator: string, empty = ''): SqlFragment {
  if (fragments.length === 0) return { text: empty, values: [] };
  return fragments.reduce((left, right) => sql`${left}${rawSql(separator)}${right}`);
}
