import type { Dims } from '@meridian/core';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `1.4 MB`: decimal units, two significant digits or three. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? 'B'}`;
}

/** `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** How long ago, in words; `–` for never. */
export function formatAgo(at: string | null | undefined, now: Date): string {
  if (at === null || at === undefined) return '–';
  const seconds = Math.max(0, (now.getTime() - new Date(at).getTime()) / 1000);
  if (seconds < 2) return 'just now';
  if (seconds < 60) return `${Math.round(seconds)} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

/** `filter=k source=M17`, sorted by name; `all` for no dimensions. */
export function formatDims(dims: Dims): string {
  const names = Object.keys(dims).sort();
  return names.length === 0 ? 'all' : names.map((name) => `${name}=${String(dims[name] ?? '–')}`).join(' ');
}

/** A number for people: four significant digits, no trailing zeros. */
export const formatNumber = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));

/** The dims on which not all agree: what tells these things apart. */
export function distinguishingDims(all: readonly Dims[]): Dims[] {
  const [first = {}] = all;
  const shared = Object.keys(first).filter((name) => all.every((dims) => dims[name] === first[name]));
  return all.map((dims) =>
    Object.fromEntries(Object.entries(dims).filter(([name]) => all.length > 1 && !shared.includes(name))),
  );
}
