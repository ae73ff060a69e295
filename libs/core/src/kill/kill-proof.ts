import { ACTIVE_STATUSES, type RunStatus } from '../run/run-status.js';

/**
 * Statuses of a run that may have, or may still get, a job.
 *
 * COLLECTING_RESULTS is none of them: its job has ended, and what it left is being read.
 */
export const STATUSES_WITH_JOB = ACTIVE_STATUSES.filter((status) => status !== 'COLLECTING_RESULTS');

/** How often in a row a site has to answer that nothing is alive. docs/adr/0008 says why once is not enough. */
export const CLEAN_LOOKS_NEEDED = 2;

/** One question to a site: what is alive of ours? */
export interface KillLook {
  readonly hasAnswered: boolean;
  /** Alive jobs in the scope of the kill. */
  readonly aliveCount: number;
  /** Runs of the scope at this site that could still get a job when the site was asked. */
  readonly runsWithJob: number;
}

/** How many looks in a row proved that nothing is alive, after one more. Silence proves nothing. */
export const cleanLooksAfter = (before: number, look: KillLook): number =>
  look.hasAnswered && look.aliveCount === 0 && look.runsWithJob === 0 ? before + 1 : 0;

/** Whether a kill has its proof: every site looked clean twice in a row, and no run of the scope can get a job any more. */
export const isProven = (evidence: {
  readonly runsWithJob: number;
  readonly cleanLooks: readonly number[];
}): boolean =>
  evidence.runsWithJob === 0 && evidence.cleanLooks.every((looks) => looks >= CLEAN_LOOKS_NEEDED);

/** What is known of a kill. Times are ISO 8601. */
export interface KillAccount {
  readonly settledAt: string | null;
  readonly liftedBy: string | null;
  /** Runs of its scope by what became of them. */
  readonly runs: Readonly<Partial<Record<RunStatus, number>>>;
  readonly sites: readonly KillSiteAccount[];
}

export interface KillSiteAccount {
  readonly location: string;
  readonly answeredAt: string | null;
  /** Why the newest question got no answer; null when it did. */
  readonly silence: string | null;
  readonly aliveCount: number;
  readonly cleanLooks: number;
}

/** One sentence: the proof, or what stands between us and it. */
export function describeKill(account: KillAccount): string {
  if (account.settledAt !== null) return proof(account);
  const open = whatIsOpen(account);
  return account.liftedBy === null
    ? `not stopped yet: ${open}`
    : `given up by ${account.liftedBy} without proof: ${open}`;
}

function proof({ runs, sites }: KillAccount): string {
  const ends = Object.entries(runs)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${count === 1 ? 'run' : 'runs'} ${wordOf(status as RunStatus)}`);
  const answers = sites.map(({ location, answeredAt }) => `${location} answered at ${answeredAt ?? 'never'}`);
  return `everything stopped: ${[ends.length === 0 ? 'no run was active' : ends.join(', '), ...answers].join(', ')}, nothing alive`;
}

function whatIsOpen({ runs, sites }: KillAccount): string {
  const unfinished = STATUSES_WITH_JOB.reduce((sum, status) => sum + (runs[status] ?? 0), 0);
  const parts = [
    ...sites.flatMap(siteProblem),
    ...(unfinished > 0 ? [`${unfinished} ${unfinished === 1 ? 'run has' : 'runs have'} not ended`] : []),
  ];
  return parts.length === 0 ? 'nothing alive so far; the sites are asked once more' : parts.join('; ');
}

function siteProblem({ location, answeredAt, silence, aliveCount }: KillSiteAccount): string[] {
  if (silence !== null)
    return [
      `${location} does not answer (${silence}), ${answeredAt === null ? 'and never has' : `last at ${answeredAt}`}`,
    ];
  if (answeredAt === null) return [`${location} is being asked`];
  if (aliveCount > 0)
    return [`${aliveCount} ${aliveCount === 1 ? 'job is' : 'jobs are'} alive at ${location}`];
  return [];
}

const wordOf = (status: RunStatus): string => status.toLowerCase().replaceAll('_', ' ');
