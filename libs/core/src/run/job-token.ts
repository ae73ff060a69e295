import type { JobToken, RunId } from '../shared/brand.js';

/** The name an attempt has before its scheduler gives it one; unique for all time. */
export const jobToken = (runId: RunId, attempt: number): JobToken => `mrd-${runId}-${attempt}` as JobToken;
