import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountedFiles } from '@meridian/hpc';
import { findAttempts } from './find-attempts.js';

describe('the attempts below a base', () => {
  let base: string;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'meridian-attempts-'));
  });
  afterEach(() => rm(base, { recursive: true }));

  it('are found by their names, in the order of runs, and nothing else is', async () => {
    for (const path of [
      'p/g/second/abcd1234-10.1',
      'p/g/first/abcd1234-9.2',
      'p/g/first/abcd1234-9.1/output',
      'p/g/workspace/abcd1234',
      'p/g/first/other',
      'p/abcd1234-3.1',
    ])
      await mkdir(join(base, path), { recursive: true });
    await writeFile(join(base, 'p/g/first/abcd1234-8.1'), 'a file');
    await symlink(join(base, 'p/g/first/abcd1234-9.1'), join(base, 'p/g/first/abcd1234-7.1'));
    const found = await findAttempts(mountedFiles, base);
    expect(found.map(({ token, directory }) => `${token} ${directory}`)).toEqual([
      'mrd-abcd1234-9-1 p/g/first/abcd1234-9.1',
      'mrd-abcd1234-9-2 p/g/first/abcd1234-9.2',
      'mrd-abcd1234-10-1 p/g/second/abcd1234-10.1',
    ]);
  });
});
