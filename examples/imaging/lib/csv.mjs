/** Small tables as CSV, with `# key: value` lines before the column names. */

/**
 * @param {readonly string[]} columns
 * @param {Array<Array<string | number | null>>} rows NaN and null become empty fields
 * @param {Record<string, string>} [notes] written first, one comment line each
 */
export function formatCsv(columns, rows, notes = {}) {
  const comments = Object.entries(notes).map(([key, value]) => `# ${key}: ${value.replace(/[\r\n]+/g, ' ')}`);
  return [...comments, columns.join(','), ...rows.map((row) => row.map(formatField).join(','))]
    .join('\n')
    .concat('\n');
}

function formatField(value) {
  if (value === null || Number.isNaN(value)) return '';
  const text = String(value);
  return /[",\r\n#]/.test(text) ? `"${text.replaceAll('"', '""').replace(/[\r\n]+/g, ' ')}"` : text;
}

/**
 * @param {string} text
 * @returns {{notes: Record<string, string>, rows: Array<Record<string, string>>}} fields by column name
 */
export function parseCsv(text) {
  const notes = {};
  const table = [];
  for (const line of text.split(/\r?\n/)) {
    const note = /^# ?([^:]+): ?(.*)$/.exec(line);
    if (note) notes[note[1]] = note[2];
    else if (line !== '' && !line.startsWith('#')) table.push(splitLine(line));
  }
  const [columns = [], ...rows] = table;
  return {
    notes,
    rows: rows.map((fields) => Object.fromEntries(columns.map((column, i) => [column, fields[i] ?? '']))),
  };
}

function splitLine(line) {
  const fields = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? [];
  // The pattern also matches the empty string at the end.
  return fields
    .slice(0, -1)
    .concat(line.endsWith(',') ? [''] : [])
    .map((field) => {
      const bare = field.endsWith(',') ? field.slice(0, -1) : field;
      return bare.startsWith('"') ? bare.slice(1, -1).replaceAll('""', '"') : bare;
    });
}

/** A field as a number; NaN when empty. */
export const toNumber = (field) => (field === undefined || field === '' ? NaN : Number(field));
