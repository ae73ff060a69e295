import type { JobId, JobSpec } from '@meridian/core';

/** How far a start of a job gets before its node fails, and what it would exit with. */
export interface Fate {
  readonly reaches: 'nothing' | 'claim' | 'start' | 'outputs' | 'record';
  readonly exitCode: number;
  readonly wasStopped: boolean;
}

export interface StartedJob {
  readonly id: JobId;
  readonly spec: JobSpec;
}

/** The disk of the attempts is full; the job script tries its record again. */
export class NoRoom extends Error {}

/** What a compute node does with a job, in two moves between which the world's time goes on. */
export interface JobRunner {
  /** Claims and begins; the exit code of a start that is over at once, null when the program runs. */
  start(job: StartedJob, fate: Fate, now: Date): Promise<number | null>;
  /**
   * Ends what began: outputs and record, as far as the fate lets it. The exit code.
   *
   * @throws NoRoom when the record could not be written
   */
  finish(job: StartedJob, fate: Fate, now: Date): Promise<number>;
  /** Running jobs show that they live. */
  beat(job: StartedJob, now: Date): Promise<void>;
}
