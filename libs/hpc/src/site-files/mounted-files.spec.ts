import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { siteFilesContract } from '../testing/site-files.contract.js';
import { mountedFiles } from './mounted-files.js';

siteFilesContract('mounted', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-files-'));
  return Promise.resolve({
    files: mountedFiles,
    directory,
    close: async () => Promise.resolve(rmSync(directory, { recursive: true })),
  });
});
