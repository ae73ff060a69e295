/** A file that a link in an attempt's input directory leads to; all paths absolute. */
export interface LinkedFile {
  /** What the link names. */
  readonly target: string;
  /** The same file with every link on the way to it resolved. */
  readonly real: string;
  /** Base path of the location that the file was found at; null when links lead out of it. */
  readonly base: string | null;
}

/** Directories of a container that nothing may be mounted over: the program would lose what it runs with. */
const OF_THE_CONTAINER: ReadonlySet<string> = new Set(
  [
    '',
    'bin',
    'boot',
    'dev',
    'etc',
    'lib',
    'lib32',
    'lib64',
    'libx32',
    'opt',
    'proc',
    'root',
    'run',
    'sbin',
    'sys',
    'tmp',
    'usr',
  ]
    .concat([
      'usr/bin',
      'usr/lib',
      'usr/lib64',
      'usr/libexec',
      'usr/local',
      'usr/local/bin',
      'usr/local/lib',
      'usr/sbin',
    ])
    .concat(['usr/share', 'var', 'var/tmp', 'workflow', '.singularity.d'])
    .map((name) => `/${name}`),
);

export const wouldHideContainer = (directory: string): boolean => OF_THE_CONTAINER.has(directory);

/**
 * The directories to mount read-only, under their own paths, so that every link leads somewhere; outer ones first.
 *
 * As few as can be without mounting more than the inputs' nearest common directory. One for each file system, because a
 * mount is read-only but not what is mounted inside it: a file system below a base path would stay writable.
 */
export function inputMounts(files: readonly LinkedFile[], mountPoints: readonly string[]): string[] {
  const groups = new Map<string, string>();
  for (const { target, real, base } of files) {
    const key = JSON.stringify([base ?? topOf(target), mountPointOf(real, mountPoints)]);
    const directory = parentOf(target);
    const known = groups.get(key);
    groups.set(key, known === undefined ? directory : commonDirectory(known, directory));
  }
  return [...new Set(groups.values())].sort();
}

/** Files that links lead to are kept apart by the first two names of their paths, so that they have no `/` in common. */
const topOf = (path: string): string => path.split('/').slice(0, 3).join('/');

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** Where the file system of this path is mounted. */
const mountPointOf = (path: string, mountPoints: readonly string[]): string =>
  mountPoints.reduce(
    (longest, point) =>
      point.length > longest.length && (path === point || path.startsWith(`${point}/`)) ? point : longest,
    '/',
  );

function commonDirectory(left: string, right: string): string {
  const [mine, others] = [left.split('/'), right.split('/')];
  const differs = mine.findIndex((name, index) => name !== others[index]);
  return (differs < 0 ? mine : mine.slice(0, differs)).join('/') || '/';
}

/** The mount points in the text of /proc/self/mountinfo. */
export const mountPointsIn = (mountinfo: string): string[] =>
  mountinfo
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    // The kernel writes blank, tab, line feed and backslash as three octal digits.
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8))),
    );
