import { readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { waitFor } from './commands.mjs';
import { idsOf } from './prepare-state.mjs';
import { allProcesses, descendantsOf, endProcesses, environmentOf, linkOf, ownerOf } from './processes.mjs';
import { describeService, slurm } from './services.mjs';
import { JOB_IDS_PER_LAB, OTHER_USER, TEST_USER, firstJobId } from './settings.mjs';

const CGROUPS = '/sys/fs/cgroup';
const GENTLE_SECONDS = 1.5;

/** Cancels every job and waits for the queue to empty; what does not obey is killed. */
export async function endJobs(lab) {
  if (['munge', 'slurmctld'].some((name) => describeService(lab, name).state !== 'up')) return;
  const isEmpty = async () => (await slurm(lab, 'squeue', ['-h', '-o', '%i'])).trim() === '';
  try {
    if (await isEmpty()) return;
    for (const state of ['PENDING', 'RUNNING', 'SUSPENDED'])
      await slurm(lab, 'scancel', [`--state=${state}`]);
    await waitFor('jobs to end', GENTLE_SECONDS, isEmpty).catch(() => undefined);
    if (await isEmpty()) return;
    // A job may ignore TERM for KillWait seconds; its processes cannot ignore this.
    await endProcesses(jobProcesses(lab, { withStepds: false }), 0);
    await waitFor('jobs to be cleared', 8, isEmpty);
  } catch (error) {
    process.stderr.write(`The jobs could not be ended in order: ${error.message}\n`);
  }
}

/** Ends slurmstepd and job processes that no daemon looks after any more, and removes the control groups of the jobs. */
export async function removeLeftovers(lab) {
  for (let round = 0; round < 5; round += 1) {
    const left = jobProcesses(lab, { withStepds: true });
    if (left.length === 0) break;
    await endProcesses(left, round === 0 ? 0.5 : 0);
  }
  await removeCgroups(lab);
}

/**
 * The processes of this lab's jobs and logins: those in its control groups, those that know its slurm.conf or work in
 * its job directories, and all below them and below its slurmstepds. Without control groups Slurm itself loses a
 * process that leaves its session and clears its environment.
 */
function jobProcesses(lab, { withStepds }) {
  const all = allProcesses().map(({ pid }) => pid);
  const stepds = all.filter((pid) => isStepdOf(lab, pid));
  const users = [TEST_USER, OTHER_USER].map((user) => idsOf(user)[0]);
  const jobs = all.filter((pid) => isJobOf(lab, users, pid));
  const inCgroups = jobCgroups(lab).flatMap(({ path }) => membersOf(path));
  const found = new Set([...jobs, ...inCgroups, ...descendantsOf([...stepds, ...jobs, ...inCgroups])]);
  for (const pid of stepds) withStepds ? found.add(pid) : found.delete(pid);
  found.delete(process.pid);
  return [...found];
}

function isJobOf({ layout }, users, pid) {
  const knowsLab = environmentOf(pid, 'SLURM_CONF') === layout.slurmConf;
  if (knowsLab && environmentOf(pid, 'SLURM_JOB_ID') !== '') return true;
  // A shell of somebody else may have either, and is none of our business.
  if (!users.includes(ownerOf(pid))) return false;
  return knowsLab || `${linkOf(pid, 'cwd')}/`.startsWith(layout.jobs + sep);
}

// It rewrites its own command line, and the environment behind that; the log it holds open tells whose it is.
function isStepdOf({ layout }, pid) {
  if (!linkOf(pid, 'exe').endsWith('/slurmstepd')) return false;
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(pid, `fd/${fd}`).startsWith(layout.log + sep));
  } catch {
    return false;
  }
}

const subdirectories = (path) => {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(path, entry.name));
  } catch {
    return [];
  }
};

const nodeCgroups = () =>
  subdirectories(CGROUPS)
    .flatMap(subdirectories)
    .filter((path) => /\/slurm_n\d+$/.test(path));

/** `<controller>/slurm_<node>/uid_<uid>/job_<id>`, of which the id says whose it is. */
function jobCgroups({ settings }) {
  const first = firstJobId(settings);
  return nodeCgroups()
    .flatMap(subdirectories)
    .flatMap(subdirectories)
    .map((path) => ({ path, job: Number(/\/job_(\d+)$/.exec(path)?.[1]) }))
    .filter(({ job }) => job >= first && job < first + JOB_IDS_PER_LAB);
}

const tree = (path) => [...subdirectories(path).flatMap(tree), path];

const membersOf = (path) =>
  tree(path).flatMap((directory) => {
    try {
      return readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });

async function removeCgroups(lab) {
  const remove = async (paths) => {
    // The kernel may need a moment to see that the last process of a group is gone.
    const gone = () => paths.filter((path) => !isRemoved(path)).length === 0;
    await waitFor('control groups to be empty', 1, gone).catch(() => undefined);
  };
  await remove(jobCgroups(lab).flatMap(({ path }) => tree(path)));
  // The nodes of other labs have the same names; the last lab to go takes these with it.
  const isAnyNodeUp = allProcesses().some(({ pid }) => linkOf(pid, 'exe').endsWith('/slurmd'));
  if (!isAnyNodeUp) await remove(nodeCgroups().flatMap(tree));
}

function isRemoved(path) {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    return error.code === 'ENOENT';
  }
}
