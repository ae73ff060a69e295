import { PreconditionFailedException } from '@nestjs/common';

/** The ETag of something that people edit: its revision. */
export const revisionTag = (revision: number): string => `"${revision}"`;

/**
 * Refuses a change of something that moved on since the caller read it: 412 unless `If-Match` is absent, `*`, or names this revision.
 */
export function checkRevision(ifMatch: string | undefined, revision: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.includes(revisionTag(revision))) throw new PreconditionFailedException();
}
