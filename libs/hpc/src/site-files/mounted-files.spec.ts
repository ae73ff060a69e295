import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { siteFilesContract } from '../testing/site-files.contract.js';
import { mountedFiles, removePartials } from './mounted-files.js';

siteFilesContract('mounted', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-files-'));
  return Promise.resolve({
    files: mountedFiles,
    directory,
    close: async () => Promise.resolve(rmSync(directory, { recursive: true })),
  });
});

describe('removePartials', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'meridian-files-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const at = (name: string): string => join(directory, name);

  /** The name that a writer of this file has while it is at it: it never gets to its end. */
  const begun = async (name: string): Promise<string> => {
    const reader = spawn('mkfifo', [at(`${name} source`)]);
    await once(reader, 'exit');
    const before = new Set(readdirSync(directory));
    const upload = { source: at(`${name} source`), target: at(name), sizeBytes: 1, sha256: '' };
    writing.push(mountedFiles.upload(upload).catch(() => undefined));
    for (;;) {
      const partial = readdirSync(directory).find((one) => !before.has(one));
      if (partial !== undefined) return partial;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const writing: Promise<unknown>[] = [];

  it('removes what somebody began to write under a name, and nothing of other names', async () => {
    const [mine, other] = [await begun('map.fits'), await begun('map.fits.gz')];
    writeFileSync(at('map.fits'), 'there');
    await removePartials(at('map.fits'));
    expect(readdirSync(directory)).not.toContain(mine);
    expect(readdirSync(directory)).toEqual(expect.arrayContaining([other, 'map.fits']));
    for (const name of ['map.fits source', 'map.fits.gz source']) writeFileSync(at(name), 'late');
    await Promise.all(writing);
    expect(readdirSync(directory)).not.toContain(mine);
  });

  it('finds nothing to do where nothing is', async () => {
    await removePartials(at('no/where.fits'));
    expect(readdirSync(directory)).toEqual([]);
  });
});
