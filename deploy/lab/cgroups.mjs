import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

// Which controllers Slurm's tracking, memory limits and accounting use.
const CONTROLLERS = ['freezer', 'memory', 'cpuacct', 'cpuset'];
const PLUGINS = 'usr/lib/x86_64-linux-gnu/slurm-wlm';

/**
 * `v1` where this kernel has a hierarchy that Slurm can write and this Slurm the plugin, else `none`.
 *
 * v2 is not tried: Slurm wants systemd for it, and a machine without has nobody who delegates a subtree.
 */
export function usableCgroups(settings, root) {
  if (settings.cgroup === 'none') return 'none';
  const hasPlugin = existsSync(join(root ?? '/', PLUGINS, 'cgroup_v1.so'));
  return hasPlugin && CONTROLLERS.every(isWritable) ? 'v1' : 'none';
}

function isWritable(controller) {
  const hierarchy = join('/sys/fs/cgroup', controller);
  const probe = join(hierarchy, `meridian-lab-probe-${process.pid}`);
  // On a plain tmpfs a directory can be made as well, but no release_agent is there.
  if (!existsSync(join(hierarchy, 'release_agent'))) return false;
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return true;
  } catch {
    return false;
  }
}
