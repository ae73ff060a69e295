import { createHash } from 'node:crypto';
import { HttpException } from '@nestjs/common';
import { canonicalJson, type Json } from '@meridian/core';

/** The ETag of a resource as it is shown: equal for equal representations, whichever process computes it. */
export const etagOf = (shown: object): string => {
  const text = canonicalJson(JSON.parse(JSON.stringify(shown)) as Json);
  return `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`;
};

/**
 * Refuses a change that was made for another state than the current one (412).
 *
 * Without an `If-Match` the caller does not mind. Compare with what was read under a row lock, or two editors may both pass.
 */
export function checkIfMatch(ifMatch: string | undefined, current: object): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const wanted = ifMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (!wanted.includes(etagOf(current))) throw new HttpException('the resource changed', 412);
}
