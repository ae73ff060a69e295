import type { DirectoryEntry } from '@meridian/hpc';
import { walkFiles, type FoundFile, type Walk } from './walk-files.js';

const BASE = '/data';

/** A tree in memory: a number is a file of so many bytes, a text a link. */
type Tree = { readonly [name: string]: Tree | number | string };

const entryOf = ([name, node]: [string, Tree | number | string]): DirectoryEntry => {
  if (typeof node === 'number') return { name, kind: 'file', size: node };
  return typeof node === 'string'
    ? { name, kind: 'symlink', size: node.length }
    : { name, kind: 'directory', size: 0 };
};

function walkOf(tree: Tree, options: Partial<Walk> = {}): Walk {
  const list = (path: string): Promise<DirectoryEntry[] | null> => {
    const node = path
      .slice(BASE.length)
      .split('/')
      .filter((part) => part !== '')
      .reduce<Tree | number | string | undefined>(
        (at, part) => (typeof at === 'object' ? at[part] : undefined),
        tree,
      );
    if (typeof node !== 'object') return Promise.resolve(null);
    return Promise.resolve(
      Object.entries(node)
        .map(entryOf)
        .sort((left, right) => (left.name < right.name ? -1 : 1)),
    );
  };
  return {
    files: { list },
    basePath: BASE,
    after: '',
    leftOut: new Set(),
    attemptsAmong: (named) => Promise.resolve(new Set(named.map(({ directory }) => directory))),
    ...options,
  };
}

async function all(walk: Walk): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for await (const file of walkFiles(walk)) found.push(file);
  return found;
}

const TREE: Tree = {
  '.meridian': { images: { 'a.sif': 9 } },
  archive: { 'x.fits': 1 },
  'b.fits': 5,
  link: '/etc',
  p: {
    g: {
      step: {
        'abcd1234-7.1': {
          'job.sh': 3,
          logs: { 'stdout.log': 1 },
          output: { science: { 'a.fits': 7 }, z: 1 },
        },
      },
      workspace: { abcd1234: { 'tmp.dat': 2 } },
    },
  },
  z: 0,
};

describe('the walk over the files of a location', () => {
  it('sees every file once, links as themselves, and of an attempt only its outputs', async () => {
    const found = await all(walkOf(TREE));
    expect(
      found.map(({ path, isLink, isOfAttempt }) => [
        path,
        isLink ? 'link' : isOfAttempt ? 'attempt' : 'file',
      ]),
    ).toEqual([
      ['archive/x.fits', 'file'],
      ['b.fits', 'file'],
      ['link', 'link'],
      ['p/g/step/abcd1234-7.1/output/science/a.fits', 'attempt'],
      ['p/g/step/abcd1234-7.1/output/z', 'attempt'],
      ['p/g/workspace/abcd1234/tmp.dat', 'attempt'],
      ['z', 'file'],
    ]);
  });

  it('goes on after any path exactly where it was', async () => {
    const whole = (await all(walkOf(TREE))).map(({ path }) => path);
    for (const [index, after] of whole.entries()) {
      const rest = (await all(walkOf(TREE, { after }))).map(({ path }) => path);
      expect([after, rest]).toEqual([after, whole.slice(index + 1)]);
    }
  });

  it('goes on though the path where it was is gone', async () => {
    const rest = (await all(walkOf(TREE, { after: 'b.zzz' }))).map(({ path }) => path);
    expect(rest[0]).toBe('link');
    expect((await all(walkOf(TREE, { after: 'archive/x.fits/inner' })))[0]?.path).toBe('archive/x.fits');
  });

  it('leaves out bases of other locations', async () => {
    const found = await all(walkOf(TREE, { leftOut: new Set(['archive', 'p']) }));
    expect(found.map(({ path }) => path)).toEqual(['b.fits', 'link', 'z']);
  });

  it('looks at everything in a directory that only looks like an attempt', async () => {
    const found = await all(walkOf(TREE, { attemptsAmong: () => Promise.resolve(new Set()) }));
    expect(found.map(({ path }) => path)).toContain('p/g/step/abcd1234-7.1/job.sh');
  });
});
