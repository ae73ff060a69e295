import type { SlurmJobOptions } from '../slurm/job-options.js';
import type { SlurmAcceptance, SlurmSubmission } from '../slurm/slurm-client.js';
import { at, listAt, numberAt, positiveAt, textAt } from './json-reading.js';

/** How a version wants numbers and the environment in what it is sent; the names of the fields are the same in all. */
export type SubmitForm = 'plain' | 'wrapped';

/** Slurm refuses a job without any environment; the script sets its own. */
const PATH = '/usr/local/bin:/usr/bin:/bin';

/** The body of `POST /job/submit`. */
export function submitBody(form: SubmitForm, submission: SlurmSubmission, options: SlurmJobOptions): object {
  const number = (value: number): unknown =>
    form === 'plain' ? value : { set: true, infinite: false, number: value };
  return {
    script: submission.script,
    job: {
      name: submission.name,
      comment: submission.comment,
      current_working_directory: submission.workingDirectory,
      standard_output: submission.stdoutPath,
      standard_error: submission.stderrPath,
      environment: form === 'plain' ? { PATH } : [`PATH=${PATH}`],
      tasks: 1,
      cpus_per_task: submission.resources.cpus,
      memory_per_node: number(submission.resources.memoryMb),
      time_limit: number(submission.resources.walltimeMinutes),
      // v0.0.38 ignores it; a job that was requeued all the same finds its claim taken.
      requeue: false,
      ...given('array', submission.indices),
      ...given('partition', options.partition),
      ...given('account', options.account),
      ...given('qos', options.qos),
      ...given('reservation', options.reservation),
      ...given('constraints', options.constraint),
    },
  };
}

const given = (key: string, value: string | null): Record<string, string> =>
  value === null ? {} : { [key]: value };

/** "Requested partition configuration not available now": the job is in the queue, and pends for ever. */
const NEVER_STARTS = 2015;
const NEVER_STARTS_TEXT = 'Requested partition configuration not available now';

/**
 * The answer to a submission that no error stands against; null when it names no job.
 *
 * A job that can never start has an id and an error in v0.0.38, an id and a `result` with the error in v0.0.40 and v0.0.41, an id and
 * a warning since.
 */
export function readAcceptance(body: unknown): SlurmAcceptance | null {
  const jobId = positiveAt(body, 'job_id') ?? positiveAt(body, 'result', 'job_id');
  if (jobId === null) return null;
  const remarks = [
    ...(listAt(body, 'errors') ?? []),
    at(body, 'result'),
    ...(listAt(body, 'warnings') ?? []),
  ];
  const isStuck = remarks.some(
    (remark) =>
      (numberAt(remark, 'error_number') ?? numberAt(remark, 'error_code')) === NEVER_STARTS ||
      textAt(remark, 'description') === NEVER_STARTS_TEXT,
  );
  return { jobId, neverStarts: isStuck ? NEVER_STARTS_TEXT : null };
}
