/** Numbers of a semantic version, and its pre-release words (none for a release). Build metadata never orders. */
interface SemanticVersion {
  readonly numbers: readonly [number, number, number];
  readonly preRelease: readonly string[];
}

/** The same pattern as the database's CHECK. */
const PATTERN = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})([-+][0-9A-Za-z.+-]+)?$/;
const PIN = /^\d{1,9}(\.\d{1,9}){0,1}$/;

export const isSemanticVersion = (text: string): boolean => PATTERN.test(text);

/** A pin names one version (`1.2.3`) or a line of them (`1.2`, `1`). */
export const isVersionPin = (text: string): boolean => isSemanticVersion(text) || PIN.test(text);

/** `1.4.2-rc.1` → `1.4`. */
export const majorMinor = (version: string): string => version.split('.').slice(0, 2).join('.');

/** Order of precedence of semver.org 2.0.0 §11: negative when `left` is older. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parseVersion(left), parseVersion(right)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePreRelease(a.preRelease, b.preRelease);
}

/**
 * The version that a step without or with a pin runs: the newest that the pin permits, undefined when there is none.
 *
 * A pre-release is taken only when it is pinned exactly or nothing else is registered: registering `2.0.0-rc.1`
 * must not reprocess an archive.
 */
export function newestPermitted(versions: readonly string[], pin: string | null): string | undefined {
  if (pin !== null && isSemanticVersion(pin)) return versions.find((version) => version === pin);
  const permitted = versions.filter((version) => pin === null || version.startsWith(`${pin}.`));
  const releases = permitted.filter((version) => parseVersion(version).preRelease.length === 0);
  return [...(releases.length > 0 ? releases : permitted)].sort(compareVersions).at(-1);
}

function parseVersion(text: string): SemanticVersion {
  const match = PATTERN.exec(text);
  if (match === null) throw new RangeError(`${text} is not a semantic version`);
  const [, major, minor, patch, rest = ''] = match;
  const preRelease = rest.startsWith('-') ? (rest.slice(1).split('+')[0] ?? '').split('.') : [];
  return { numbers: [Number(major), Number(minor), Number(patch)], preRelease };
}

function comparePreRelease(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const difference = compareIdentifiers(left[index] ?? '', right[index] ?? '');
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Numbers compare as numbers and come before words; words compare by code unit. */
function compareIdentifiers(left: string, right: string): number {
  const [a, b] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (a && b) return Number(left) - Number(right);
  if (a !== b) return a ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}
