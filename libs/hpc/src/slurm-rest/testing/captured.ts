import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One exchange with a real slurmrestd, as it was recorded; long lists are cut to a few rows of each kind. */
export interface Captured {
  readonly name: string;
  /** `24.11-v0.0.42`, or `24.11-v0.0.42-faults`. */
  readonly origin: string;
  readonly request: { readonly method?: string; readonly path?: string; readonly body?: unknown };
  readonly status: number;
  /** As on the wire. */
  readonly text: string;
  /** Parsed, for expectations; a text where it is no JSON. */
  readonly body: ReturnType<typeof JSON.parse>;
}

const FIXTURES = join(__dirname, '..', 'fixtures');

export const ORIGINS: readonly string[] = readdirSync(FIXTURES).sort();

export const capturedIn = (origin: string): Captured[] =>
  readdirSync(join(FIXTURES, origin))
    .sort()
    .map((file) => captured(origin, file.replace(/\.json$/, '')));

export function captured(origin: string, name: string): Captured {
  const recorded = JSON.parse(readFileSync(join(FIXTURES, origin, `${name}.json`), 'utf8'));
  const { status, body } = recorded.response;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { name, origin, request: recorded.request, status, text, body };
}

/** The whole text as quick an answer as it was. */
export const replyOf = ({
  status,
  text,
  name,
}: Captured): { status: number; text: string; elapsedMs: number } => ({
  status,
  text,
  elapsedMs: name.startsWith('ctld-down') ? 29_000 : 12,
});
