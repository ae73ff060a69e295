import { join } from 'node:path';
import type { DirectoryEntry, SiteFiles } from '@meridian/hpc';
import type { NamedAttempt } from '@meridian/ops-db';

/** A file, or a link, below the base. Nothing behind a link is looked at. */
export interface FoundFile {
  /** Relative to the base. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly isLink: boolean;
  /** In the output directory of an attempt, or in scratch space. */
  readonly isOfAttempt: boolean;
}

export interface Walk {
  readonly files: Pick<SiteFiles, 'list'>;
  readonly basePath: string;
  /** The last path that was looked at; empty for none. */
  readonly after: string;
  /** Directories, relative to the base, that are left out: bases of other locations. */
  readonly leftOut: ReadonlySet<string>;
  /** Which of these are attempts of this location. */
  readonly attemptsAmong: (named: readonly NamedAttempt[]) => Promise<ReadonlySet<string>>;
}

/** Where Meridian keeps what is no data: images, and what its backends write. */
const OWN_DIRECTORY = '.meridian';
const ATTEMPT_NAME = /^([a-z0-9]{4,16})-([1-9]\d{0,14})\.([1-9]\d{0,8})$/;
const WORKSPACE = /^[^/]+\/[^/]+\/workspace$/;

/**
 * Every file below a base in an order that is always the same, from `after` on. Of an attempt only what is in its output directory: the rest is Meridian's own.
 *
 * A directory that is removed meanwhile has no files. Rejects when the disk does not answer.
 */
export async function* walkFiles(walk: Walk): AsyncGenerator<FoundFile> {
  const after = walk.after === '' ? [] : walk.after.split('/');
  yield* below(walk, { directory: '', after, isOfAttempt: false });
}

interface Place {
  readonly directory: string;
  /** What is left of `Walk.after` here; empty when everything is to be looked at. */
  readonly after: readonly string[];
  readonly isOfAttempt: boolean;
}

async function* below(walk: Walk, place: Place): AsyncGenerator<FoundFile> {
  const { directory, after } = place;
  const [first = ''] = after;
  const found = (await walk.files.list(join(walk.basePath, directory))) ?? [];
  const entries = found.filter(({ name }) => name >= first);
  const attempts = place.isOfAttempt ? new Set<string>() : await attemptsIn(walk, directory, entries);
  for (const entry of entries) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    const rest = entry.name === first ? after.slice(1) : [];
    if (entry.kind !== 'directory') {
      // The cursor itself was looked at.
      if (entry.name === first && after.length === 1) continue;
      yield {
        path,
        sizeBytes: entry.size,
        isLink: entry.kind === 'symlink',
        isOfAttempt: place.isOfAttempt,
      };
    } else if (attempts.has(path)) {
      yield* below(walk, { directory: `${path}/output`, after: rest.slice(1), isOfAttempt: true });
    } else if (!walk.leftOut.has(path) && path !== OWN_DIRECTORY) {
      yield* below(walk, {
        directory: path,
        after: rest,
        isOfAttempt: place.isOfAttempt || WORKSPACE.test(path),
      });
    }
  }
}

function attemptsIn(
  walk: Walk,
  directory: string,
  entries: readonly DirectoryEntry[],
): Promise<ReadonlySet<string>> {
  const named = entries.flatMap(({ name, kind }): NamedAttempt[] => {
    const match = kind === 'directory' ? ATTEMPT_NAME.exec(name) : null;
    if (match === null) return [];
    const path = directory === '' ? name : `${directory}/${name}`;
    return [{ runId: Number(match[2]), attempt: Number(match[3]), directory: path }];
  });
  return walk.attemptsAmong(named);
}
