import { messageOf, type JobSpec, type SubmitOutcome } from '@meridian/core';
import type { Site } from '../sites/sites.js';

/** An attempt whose intent is committed, and the job that it asks for. */
export interface IntendedAttempt {
  readonly runId: number;
  readonly attempt: number;
  readonly spec: JobSpec;
}

/** What the site said of each attempt. A reply that was lost, and a job the reply does not mention, are `unknown`. */
export async function submitAttempts(
  site: Site,
  attempts: readonly IntendedAttempt[],
): Promise<{ attempt: IntendedAttempt; outcome: SubmitOutcome }[]> {
  const outcomes = new Map((await submit(site, attempts)).map((outcome) => [outcome.token, outcome]));
  return attempts.map((attempt) => {
    const { token } = attempt.spec;
    return {
      attempt,
      outcome: outcomes.get(token) ?? { kind: 'unknown', token, reason: 'the reply did not mention it' },
    };
  });
}

async function submit(site: Site, attempts: readonly IntendedAttempt[]): Promise<SubmitOutcome[]> {
  try {
    return await site.backend.submit(attempts.map((attempt) => attempt.spec));
  } catch (error) {
    const reason = messageOf(error);
    return attempts.map(({ spec }) => ({ kind: 'unknown', token: spec.token, reason }));
  }
}
