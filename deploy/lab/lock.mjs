import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { waitFor } from './commands.mjs';
import { statOf } from './processes.mjs';

const PATIENCE_SECONDS = 600;

/** Does `work` while no other process does work under the same lock file; a holder that died holds nothing. */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  await waitFor(`the lock ${file}`, PATIENCE_SECONDS, () => take(file), 200);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file) {
  const me = `${process.pid} ${statOf(process.pid)?.started}`;
  try {
    writeFileSync(file, me, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const [pid, started] = readHolder(file);
  const holder = pid === undefined ? undefined : statOf(Number(pid));
  if (holder === null || (holder !== undefined && holder.started !== Number(started)))
    rmSync(file, { force: true });
  return false;
}

// Empty for the moment between making the file and writing into it.
function readHolder(file) {
  try {
    const text = readFileSync(file, 'utf8');
    return text === '' ? [] : text.split(' ');
  } catch {
    return [];
  }
}
