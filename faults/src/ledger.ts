import type { JobToken } from '@meridian/core';

/** Everything that is done to Meridian, to its site and to its jobs; the text is what the report says. */
export const FAULT_KINDS = {
  kill_before_statement: 'a daemon killed before a statement took effect',
  kill_after_statement: 'a daemon killed after a statement took effect, before it knew',
  kill_before_request: 'a daemon killed before a request reached the site',
  kill_after_request: 'a daemon killed after a request took effect, before it knew',
  kill_before_change: 'a daemon killed before it changed a disk',
  kill_halfway: 'a daemon killed in the middle of writing a file',
  kill_after_change: 'a daemon killed after it changed a disk, before it knew',
  change_failed: 'a change of a disk that failed',
  daemon_killed: 'a daemon killed at any moment',
  request_lost: 'a request lost before it took effect',
  reply_lost: 'a reply lost after the request took effect',
  late_submission: 'a submission that took effect after its sender had given up',
  slow_reply: 'a reply that took longer than a lease',
  daemon_suspended: 'a daemon suspended for longer than its lease, then continued',
  connection_cut: "a daemon's database connections cut",
  commit_unanswered: 'database connections cut after a statement took effect, before its reply',
  database_restarted: 'the database server restarted',
  database_crashed: 'the database server crashed and recovered',
  site_silent: 'the scheduler restarted: silent for a while',
  gateway_restarted: 'the daemon that speaks for the scheduler (slurmrestd, sshd) restarted',
  accounting_down: 'accounting down for a while',
  disk_full: 'the disk of the attempts full for a while',
  public_disk_full: 'the disk that the public reads full for a while',
  source_changed: 'the bytes of a product changed while it was to be published',
  clock_jumped: "a daemon's clock jumped by hours",
  user_cancelled: 'a run cancelled by a person at any moment',
  submission_rejected: 'a submission rejected by the site',
  submission_doubled: 'a submission that the site carried out twice',
  node_failed: 'a node failed under a job',
  job_requeued: 'a job started a second time by the site',
  job_out_of_memory: 'a job ended by the site for its memory',
  job_timed_out: 'a job ended by the site at its time limit',
  job_cancelled_at_site: 'a job cancelled behind our back',
  job_killed: 'processes of a job killed on its node',
  launch_failed: 'a job that the site could not start',
  program_busy: 'a program that asked to be tried again later',
  job_forgotten: 'a job that neither queue nor accounting knew any more when it was asked about',
} as const;
export type FaultKind = keyof typeof FAULT_KINDS;

/** What was injected into one world: counted, written down in order, and kept as the excuse of what it may explain. */
export class Ledger {
  readonly counts = new Map<FaultKind, number>();
  /** Decided; what came of it is counted when it really happened. */
  injected = 0;
  readonly lines: string[] = [];
  /** Per attempt, why it may fail. */
  readonly excuses = new Map<JobToken, FaultKind[]>();
  /** Attempts of which more than one job may be submitted: their sender was held up for too long, or their site forgot one that never began. */
  readonly maybeSubmittedTwice = new Set<JobToken>();

  constructor(private readonly now: () => Date) {}

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** A fault that may yet come to nothing: the step that it was meant for failed by itself. Call what it returns when it happens. */
  inject(kind: FaultKind, detail: string): () => void {
    this.injected += 1;
    this.note(`${kind} is to happen: ${detail}`);
    return () => this.happened(kind, detail);
  }

  /** A fault that has happened. */
  count(kind: FaultKind, detail: string): void {
    this.injected += 1;
    this.happened(kind, detail);
  }

  private happened(kind: FaultKind, detail: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.note(`${kind}: ${detail}`);
  }

  /** A fault of a job, which explains that its attempt failed. */
  countForJob(kind: FaultKind, token: JobToken, detail: string): void {
    this.count(kind, `${token} ${detail}`);
    this.excuse(token, kind);
  }

  excuse(token: JobToken, kind: FaultKind): void {
    this.excuses.set(token, [...(this.excuses.get(token) ?? []), kind]);
  }

  /** Something that is no fault and helps to understand one. */
  note(text: string): void {
    this.lines.push(`${this.now().toISOString()} ${text}`);
  }
}
