import type { TokenLookup } from '@meridian/core';

/** What the attempt directory says: whether a job ever claimed it, and under which id. */
export type ClaimMarker =
  { readonly kind: 'none' } | { readonly kind: 'taken'; readonly jobId: string | null };

export interface SubmissionEvidence {
  readonly lookup: TokenLookup;
  readonly marker: ClaimMarker;
  /** Since the newest intent to submit it. */
  readonly ageSeconds: number;
  /** After this time a submission that is nowhere to be found is provably lost. */
  readonly lostAfterSeconds: number;
  readonly isCancelRequested: boolean;
}

export type Reconciliation =
  | { readonly kind: 'adopt'; readonly jobId: string; readonly why: string }
  | { readonly kind: 'submit_again' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'fail'; readonly reason: string }
  | { readonly kind: 'wait'; readonly reason: string; readonly seconds: number };

const LONGEST_WAIT_SECONDS = 30;

/**
 * What is to be done about an attempt of which nobody knows whether the site has it.
 *
 * The site's word and the job's own marker count as found. Only a site that answered, with no such job, for a submission that is
 * too old to be still on its way, proves that there is none. Everything else waits.
 */
export function decideReconciliation(evidence: SubmissionEvidence): Reconciliation {
  const { lookup, marker, ageSeconds, lostAfterSeconds } = evidence;
  if (lookup.kind === 'found') return { kind: 'adopt', jobId: lookup.jobId, why: 'found by its token' };
  if (marker.kind === 'taken') {
    return marker.jobId === null
      ? decideWithoutId(evidence)
      : { kind: 'adopt', jobId: marker.jobId, why: 'found by its claim marker' };
  }
  if (lookup.kind === 'unanswered') {
    return {
      kind: 'wait',
      reason: `whether it was submitted is not known: ${lookup.reason}`,
      seconds: LONGEST_WAIT_SECONDS,
    };
  }
  const left = lostAfterSeconds - ageSeconds;
  if (left > 0) {
    const seconds = Math.min(left, LONGEST_WAIT_SECONDS);
    return {
      kind: 'wait',
      reason: `the site does not know it yet; its submission may take ${Math.ceil(left)} s more to show up`,
      seconds,
    };
  }
  return evidence.isCancelRequested ? { kind: 'cancel' } : { kind: 'submit_again' };
}

/** A job writes its id right after it took the claim, unless its node or its disk fails in between. */
function decideWithoutId({
  lookup,
  ageSeconds,
  lostAfterSeconds,
  isCancelRequested,
}: SubmissionEvidence): Reconciliation {
  if (lookup.kind !== 'absent' || ageSeconds < lostAfterSeconds)
    return { kind: 'wait', reason: 'its job has begun and has not yet written its id', seconds: 1 };
  if (isCancelRequested) return { kind: 'cancel' };
  return { kind: 'fail', reason: 'its job took the claim and ended before it could write its id' };
}
