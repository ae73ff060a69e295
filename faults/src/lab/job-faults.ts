import { readdir, readFile } from 'node:fs/promises';
import type { FaultKind } from '../ledger.js';
import type { Injector, LabParts } from './injector.js';
import type { QueuedJob } from './lab-cluster.js';

/** What somebody other than Meridian does to single jobs, and what people ask of single runs. */
export const jobFaults = (parts: LabParts): Injector[] => [
  onJob(parts, { kind: 'job_cancelled_at_site', weight: 4, states: ['RUNNING', 'PENDING'] }, async (job) => {
    await parts.cluster.slurm('scancel', job.id);
  }),
  onJob(parts, { kind: 'job_requeued', weight: 3, states: ['RUNNING'] }, async (job) => {
    // Ours may not be requeued; not every Slurm listens, and no administrator has to.
    await parts.cluster.slurm('scontrol', 'update', `job=${job.id}`, 'requeue=1');
    await parts.cluster.slurm('scontrol', 'requeue', job.id);
  }),
  onJob(parts, { kind: 'job_killed', weight: 5, states: ['RUNNING'] }, async (job) => {
    const found = await processesOf(job);
    const ofProgram = found.filter(({ isProgram }) => isProgram);
    // Sometimes the job script itself, which then leaves no record.
    const victims = parts.random.chance(0.5) && ofProgram.length > 0 ? ofProgram : found.slice(0, 1);
    for (const { pid } of victims) kill(pid);
  }),
  cancelledByUser(parts),
];

interface JobFault {
  readonly kind: FaultKind;
  readonly weight: number;
  readonly states: readonly string[];
}

function onJob(
  { random, ledger, cluster }: LabParts,
  { kind, weight, states }: JobFault,
  act: (job: QueuedJob) => Promise<void>,
): Injector {
  return {
    kind,
    weight,
    parts: ['jobs'],
    inject: async () => {
      const jobs = (await cluster.queue()).filter(({ state }) => states.includes(state));
      if (jobs.length === 0) return;
      const job = random.pick(jobs);
      // Before the deed: it may be done although the command fails.
      ledger.excuse(job.token, kind);
      await act(job);
      ledger.count(kind, `${job.token} job ${job.id} (${job.state})`);
    },
  };
}

function cancelledByUser({ random, ledger, database, api }: LabParts): Injector {
  return {
    kind: 'user_cancelled',
    weight: 4,
    parts: [],
    inject: async () => {
      const runs = await database.openRuns();
      if (runs.length === 0) return;
      const { id, status, token } = random.pick(runs);
      if (token !== null) ledger.excuse(token, 'user_cancelled');
      if (await api.cancel(id)) ledger.count('user_cancelled', `run ${id} (${status}) ${token ?? ''}`);
    },
  };
}

interface JobProcess {
  readonly pid: number;
  /** Of the step, not of the job script around it. */
  readonly isProgram: boolean;
}

/** Found by what every process of a job inherits; the job script comes first. */
async function processesOf({ ownId }: QueuedJob): Promise<JobProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid): Promise<JobProcess[]> => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      const variables = environment.split('\0');
      if (!variables.includes(`SLURM_JOB_ID=${ownId}`)) return [];
      return [{ pid, isProgram: variables.some((one) => one.startsWith('WORKFLOW_RUN_ID=')) }];
    }),
  );
  return found
    .flat()
    .sort((left, right) => Number(left.isProgram) - Number(right.isProgram) || left.pid - right.pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
