import { installApptainer } from './apptainer-host.mjs';
import { installPackages, makeUsers, openFuse } from './host.mjs';
import { makeRoot } from './newer-slurm-root.mjs';
import { withLock } from './lock.mjs';
import { CACHE_DIRECTORY } from './settings.mjs';
import { join } from 'node:path';

/** Installs what the machine lacks for these settings, telling about it. Resolves to the root of a newer Slurm, or null. */
export function prepareMachine(settings, say) {
  return withLock(join(CACHE_DIRECTORY, 'lock'), async () => {
    await installPackages(say);
    await makeUsers();
    await installApptainer(say);
    openFuse();
    return { root: settings.slurm === '22.05' ? null : await makeRoot(settings.slurm, say) };
  });
}
