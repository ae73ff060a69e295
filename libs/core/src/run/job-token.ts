import type { JobToken } from '../shared/brand.js';

/** Whose job it is: the installation keeps two databases that use one cluster apart. */
export interface JobIdentity {
  readonly installation: string;
  readonly runId: number;
  readonly attempt: number;
}

const TOKEN = /^mrd-([a-z0-9]+)-(\d{1,15})-(\d{1,9})$/;

/** The name an attempt has before its scheduler gives it one; unique for all time and all installations. */
export const jobToken = ({ installation, runId, attempt }: JobIdentity): JobToken =>
  `mrd-${installation}-${runId}-${attempt}` as JobToken;

/** Null for a name that is none of ours. */
export function parseJobToken(name: string): JobIdentity | null {
  const [, installation, runId, attempt] = TOKEN.exec(name) ?? [];
  if (installation === undefined || runId === undefined || attempt === undefined) return null;
  return { installation, runId: Number(runId), attempt: Number(attempt) };
}
