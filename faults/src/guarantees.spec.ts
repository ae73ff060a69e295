import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/guarantees.md'), 'utf8');
/** The rows of all tables of the page: `| what | name of the test | its file |`. */
const rows = [...page.matchAll(/^\|[^|]*\| ([^|]+) \| `([^`|]+)` \|$/gm)].map(
  ([, test = '', file = '']): [string, string] => [test, file],
);

describe('docs/guarantees.md', () => {
  it('names a test in every row of its tables', () => {
    const lines = page.split('\n').filter((line) => line.startsWith('|') && !/^\|(-|.*\| in \|$)/.test(line));
    expect(rows.length).toBeGreaterThan(20);
    expect(rows).toHaveLength(lines.length);
  });

  it.each(rows)('names a test that exists: %s (%s)', (test, file) => {
    const path = join(ROOT, file);
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(`'${test}'`);
  });
});
