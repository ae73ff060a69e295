import type { Home } from './home.js';
import { stopLeftOverServer, storedDataDirectory } from './postgres-cluster.js';
import { isSameProcess } from './process-identity.js';
import { DAEMON_STOP, stopProcess } from './stop-process.js';
import { readRecord } from './supervisor-record.js';

/**
 * Stops what a supervisor that was killed left running in a home, PostgreSQL last; gives back the names.
 *
 * Daemons usually are gone by then: they notice that their supervisor is. A process that merely got the number of one
 * of ours is left alone.
 */
export async function stopLeftOvers(home: Home): Promise<string[]> {
  const daemons = Object.entries(readRecord(home)?.processes ?? {}).filter(
    ([name, identity]) => name !== 'postgres' && isSameProcess(identity),
  );
  await Promise.all(daemons.map(([, identity]) => stopProcess(identity, DAEMON_STOP)));
  const data = storedDataDirectory(home);
  const server = data !== null && (await stopLeftOverServer(data));
  return [...daemons.map(([name]) => name), ...(server ? ['postgres'] : [])];
}
