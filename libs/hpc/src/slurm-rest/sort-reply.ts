import { isJsonObject } from '@meridian/core';
import { listAt, numberAt, textAt } from './json-reading.js';
import { meaningOf, type ErrorMeaning } from './slurm-errors.js';

/** An HTTP answer, whole. */
export interface RestReply {
  readonly status: number;
  readonly text: string;
  readonly elapsedMs: number;
}

/** What an answer says, apart from its contents. */
export type SortedReply =
  | { readonly kind: 'answer'; readonly body: unknown }
  | { readonly kind: 'unchanged' }
  /** No such job; nothing found. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string }
  /** `isProof`: the request was certainly not carried out. */
  | { readonly kind: 'token'; readonly isProof: boolean; readonly reason: string }
  /** This server does not speak the version (any more). */
  | { readonly kind: 'version' }
  | { readonly kind: 'not_slurm'; readonly reason: string }
  | { readonly kind: 'silence'; readonly reason: string };

/** A slurmctld that is down answers after 29 s what a bad token is answered at once. */
const QUICK_MS = 5000;

/** Worst first: an answer with several errors means what the worst of them means. */
const ORDER: readonly ErrorMeaning[] = [
  'token',
  'silence',
  'token_or_silence',
  'later',
  'refused',
  'gone',
  'unchanged',
  'nothing',
  'remark',
];

/** Reads errors where the versions put them, under `error_number` or `error_code`, with any HTTP status. Pure and total. */
export function sortReply(reply: RestReply): SortedReply {
  if (reply.status === 304) return { kind: 'unchanged' };
  if (reply.status === 401 || reply.status === 511)
    return { kind: 'token', isProof: true, reason: 'slurmrestd refuses the token' };
  const body = parse(reply.text);
  if (!isJsonObject(body)) return sortText(reply);
  const errors = (listAt(body, 'errors') ?? []).map((error) => readError(error, reply.status));
  const worst = ORDER.map((meaning) => errors.find((error) => error.meaning === meaning)).find(
    (error) => error !== undefined,
  );
  if (worst === undefined || worst.meaning === 'remark') return sortStatus(reply, body);
  return sortError(worst, reply, body);
}

const UNNUMBERED = 0;

interface SlurmError {
  readonly meaning: ErrorMeaning;
  readonly reason: string;
}

function readError(error: unknown, status: number): SlurmError {
  const code = numberAt(error, 'error_number') ?? numberAt(error, 'error_code');
  const text = textAt(error, 'error') ?? textAt(error, 'description') ?? 'an error without words';
  // With HTTP 400 slurmrestd did not get as far as asking slurmctld, whatever else it says.
  const meaning = status === 400 ? 'refused' : meaningOf(code ?? UNNUMBERED);
  return { meaning, reason: `${text}${code === null ? '' : ` (${code})`}` };
}

function sortError({ meaning, reason }: SlurmError, reply: RestReply, body: unknown): SortedReply {
  switch (meaning) {
    case 'token':
      return { kind: 'token', isProof: true, reason };
    case 'token_or_silence':
      return reply.elapsedMs < QUICK_MS
        ? { kind: 'token', isProof: false, reason }
        : { kind: 'silence', reason: `slurmctld does not answer: ${reason}` };
    case 'later':
    case 'refused':
    case 'silence':
      return { kind: meaning, reason };
    case 'gone':
    case 'nothing':
      return { kind: 'nothing' };
    case 'unchanged':
      return { kind: 'unchanged' };
    case 'remark':
      return { kind: 'answer', body };
  }
}

const sortStatus = ({ status }: RestReply, body: unknown): SortedReply =>
  status >= 200 && status < 300
    ? { kind: 'answer', body }
    : { kind: 'silence', reason: `HTTP ${status} without a reason` };

/** Answers that are not Slurm's JSON: what slurmrestd says before it understood a request, and whatever stands before it. */
function sortText({ status, text }: RestReply): SortedReply {
  const words = text.trim();
  if (status === 404 && /^Unable (to )?find requested URL/.test(words)) return { kind: 'version' };
  if (status === 400 || status === 413 || status === 414 || status === 415)
    return { kind: 'refused', reason: `slurmrestd did not understand the request (HTTP ${status})` };
  if ([301, 302, 303, 307, 308, 403, 404, 405, 410].includes(status))
    return { kind: 'not_slurm', reason: `HTTP ${status}` };
  return { kind: 'silence', reason: `HTTP ${status} with an answer that cannot be read` };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
