const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

/** A daemon's JSON log line as a person reads it: time of day (UTC), level when it matters, message, the error if any. */
export function readableLogLine(line: string): string {
  const entry = parsed(line);
  if (entry === null) return line;
  const level = typeof entry['level'] === 'number' ? (LEVELS[entry['level']] ?? '') : '';
  const message = typeof entry['msg'] === 'string' ? entry['msg'] : requestOf(entry);
  const time = typeof entry['time'] === 'number' ? new Date(entry['time']).toISOString().slice(11, 19) : '';
  return [time, level === 'info' ? '' : level, message, errorOf(entry['err'] ?? entry['error'])]
    .filter((part) => part !== '')
    .join(' ');
}

function parsed(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

// The API writes one line for each request, without a message.
function requestOf({ method, path, status, ms }: Record<string, unknown>): string {
  return typeof path === 'string'
    ? `${String(method)} ${path} ${String(status)} ${Math.round(Number(ms))} ms`
    : '';
}

function errorOf(error: unknown): string {
  if (typeof error === 'string') return `(${error})`;
  if (typeof error !== 'object' || error === null || !('message' in error)) return '';
  return `(${String(error.message)})`;
}
