const UNITS: Readonly<Record<string, number>> = {
  ...{ '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, pb: 1e15 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40, pib: 2 ** 50 },
};
const SIZE = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i;

export const BYTE_SIZE_HELP = 'a number of bytes, or a text like "800 GB" or "1.5 TiB"';

/** Bytes of `800 GB`, `1.5TiB` or a plain number, rounded down; null for anything else. */
export function parseByteSize(value: unknown): number | null {
  const bytes = typeof value === 'number' ? value : typeof value === 'string' ? bytesOfText(value) : null;
  if (bytes === null || !Number.isFinite(bytes) || bytes < 0) return null;
  const whole = Math.floor(bytes);
  return Number.isSafeInteger(whole) && (typeof value === 'string' || whole === value) ? whole : null;
}

function bytesOfText(text: string): number | null {
  const [, number, unit] = SIZE.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit.toLowerCase()];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}
