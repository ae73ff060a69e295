import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@meridian/core';
import { CliError, EXIT_CODES } from '../cli-error.js';
import { ProblemError } from './problem-error.js';

export type QueryValue = string | number | boolean | undefined;
export type Query = Readonly<Record<string, QueryValue>>;

/** One page of any list of the API. */
interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  readonly accept?: string;
}

const TIMEOUT_MS = 30_000;
const RETRY_DELAYS_MS = [200, 500, 1_000, 2_000] as const;

/**
 * The API, for the commands.
 *
 * Every call has a time-out. A call whose answer was lost, or that the API could not serve just then, is sent again for
 * up to `patienceMs`: GET by nature, others under the same Idempotency-Key. Failures are ProblemError (the API answered)
 * or CliError.
 */
export class ApiClient {
  constructor(
    readonly url: string,
    private readonly token: string,
    private readonly patienceMs = 4_000,
  ) {}

  get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return this.json({ method: 'GET', path, query });
  }

  post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    return this.json({ method: 'POST', path, body });
  }

  delete<Answer>(path: string): Promise<Answer> {
    return this.json({ method: 'DELETE', path });
  }

  /** Every item of a list, following its pages; `limit` bounds how many, not how many a page holds. */
  async list<Item>(path: string, query: Query = {}, limit = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<Item> = await this.get(path, {
        ...query,
        limit: Math.min(1000, limit - items.length),
        cursor,
      });
      items.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined && items.length < limit);
    return items;
  }

  /** Text as it is, with the answer's headers. */
  text(path: string, query: Query = {}): Promise<{ text: string; headers: Headers }> {
    const read = async (response: Response): Promise<{ text: string; headers: Headers }> => ({
      text: await response.text(),
      headers: response.headers,
    });
    return this.send({ method: 'GET', path, query, accept: 'text/plain' }, read);
  }

  /** Bytes as they arrive (a download, server-sent events); no time-out once the answer has begun. */
  stream(
    path: string,
    query: Query = {},
    accept = 'application/octet-stream',
  ): Promise<ReadableStream<Uint8Array>> {
    return this.send({ method: 'GET', path, query, accept }, (response) => {
      if (response.body === null) throw new Error(`GET ${path} answered without a body`);
      return Promise.resolve(response.body);
    });
  }

  /** A file, and what a header of the answer says of it. */
  download(
    path: string,
    query: Query,
    header: string,
  ): Promise<{ readonly body: ReadableStream<Uint8Array>; readonly said: string | null }> {
    return this.send({ method: 'GET', path, query, accept: 'application/octet-stream' }, (response) => {
      if (response.body === null) throw new Error(`GET ${path} answered without a body`);
      return Promise.resolve({ body: response.body, said: response.headers.get(header) });
    });
  }

  private json<Answer>(call: Call): Promise<Answer> {
    return this.send(call, async (response) => {
      const text = await response.text();
      return (text === '' ? null : JSON.parse(text)) as Answer;
    });
  }

  private async send<Answer>(call: Call, read: (response: Response) => Promise<Answer>): Promise<Answer> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.token}`,
      accept: call.accept ?? 'application/json',
    };
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    if (call.method !== 'GET') headers['idempotency-key'] = randomUUID();
    const request = {
      method: call.method,
      headers,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    };
    const deadline = performance.now() + this.patienceMs;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.once(urlOf(this.url, call), request, read);
      if (outcome.kind === 'answer') return outcome.answer;
      const delay = RETRY_DELAYS_MS[attempt] ?? 2_000;
      if (!outcome.worthRetrying || performance.now() + delay > deadline) throw outcome.error;
      await sleep(delay);
    }
  }

  private async once<Answer>(
    url: string,
    init: RequestInit,
    read: (response: Response) => Promise<Answer>,
  ): Promise<Outcome<Answer>> {
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      timeout.abort(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
    }, TIMEOUT_MS);
    try {
      const response = await fetch(url, { ...init, signal: timeout.signal });
      if (response.ok) return { kind: 'answer', answer: await read(response) };
      const error = new ProblemError(response.status, await response.json().catch(() => null));
      return { kind: 'failed', error, worthRetrying: [429, 502, 503, 504].includes(response.status) };
    } catch (error) {
      return { kind: 'failed', error: this.unreachable(error), worthRetrying: true };
    } finally {
      clearTimeout(timer);
    }
  }

  private unreachable(error: unknown): CliError {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return new CliError({
      message: `The Meridian API at ${this.url} does not answer: ${messageOf(cause)}.`,
      action:
        'Start it with "meridian up" (or "meridian doctor" to see what is wrong); MERIDIAN_API_URL names another one.',
      exitCode: EXIT_CODES.other,
      cause: error,
    });
  }
}

type Outcome<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly error: CliError; readonly worthRetrying: boolean };

function urlOf(base: string, { path, query = {} }: Call): string {
  const url = new URL(`${base.replace(/\/$/, '')}/api/v1${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}
