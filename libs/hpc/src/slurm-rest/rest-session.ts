import { performance } from 'node:perf_hooks';
import { SlurmRefusal, SlurmSilence, SlurmUnreachable, type RequestKind } from '../slurm/slurm-client.js';
import { newestCommon, servedVersions, type ApiVersion } from './api-version.js';
import { at } from './json-reading.js';
import { RestProblem, withoutTokens } from './rest-problem.js';
import type { RestSettings } from './rest-settings.js';
import type { RestWire, WireRequest } from './rest-wire.js';
import { readServerFacts, readServerTime, type ServerFacts } from './site-answers.js';
import { sortReply, type SortedReply } from './sort-reply.js';
import type { TokenSource } from './token-source.js';

/** What a request asks for, below `/slurm/<version>/` or `/slurmdb/<version>/`. */
export interface RestRequest {
  readonly kind: RequestKind;
  readonly method: WireRequest['method'];
  readonly daemon: 'slurm' | 'slurmdb';
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  /** In the form of the version that it is sent in. */
  readonly body?: (version: ApiVersion) => object;
}

type Failure = Exclude<SortedReply, { kind: 'answer' | 'nothing' | 'unchanged' }>;

/** An answer without an error in it, and the version to read it by. */
export type RestAnswer = Exclude<SortedReply, Failure> & { readonly version: ApiVersion };

/** A server that was asked what it speaks, and a token that it took. */
export interface Session {
  readonly version: ApiVersion;
  readonly served: readonly string[];
  /** Paths of the version, without the trailing slash that some have: `/slurm/v0.0.42/jobs/state`; with the methods they take. */
  readonly paths: ReadonlyMap<string, ReadonlySet<string>>;
  readonly facts: ServerFacts;
  readonly token: string;
  /** slurmctld's clock (s) at a moment of our monotonic one (ms); null when it was not told. */
  readonly clock: { readonly serverSeconds: number; readonly atMs: number } | null;
}

export interface RestSessionOptions {
  readonly settings: RestSettings;
  readonly wire: RestWire;
  readonly tokens: TokenSource;
  readonly onRequest?: (kind: RequestKind) => void;
}

/** Requests to one slurmrestd in the version and with the token that it takes, each found out again when it does no longer. */
export class RestSession {
  private current: Promise<Session> | null = null;

  constructor(private readonly options: RestSessionOptions) {}

  /** @throws SlurmUnreachable when there is none */
  async open(): Promise<Session> {
    const token = await this.options.tokens.get();
    const current = await this.current?.catch(() => null);
    // A new token is tried on something harmless first: a submission that fails of one may have been carried out.
    if (current?.token !== token) this.current = null;
    this.current ??= this.connect();
    const opening = this.current;
    return opening.catch((error: unknown) => {
      if (this.current === opening) this.current = null;
      throw error;
    });
  }

  /** Asks for everything anew with the next request. */
  forget(): void {
    this.current = null;
  }

  /**
   * One answer. Repeats the request once, with a new token or in another version, when it certainly was not carried out or only
   * reads.
   *
   * @throws SlurmRefusal | SlurmUnreachable | SlurmSilence
   */
  async ask(request: RestRequest): Promise<RestAnswer> {
    const session = await this.open();
    const sorted = await this.exchange(session, request);
    if (!this.mayRepeat(sorted, session, request)) return this.settle(sorted, session);
    const next = await this.open();
    return this.settle(await this.exchange(next, request), next);
  }

  private mayRepeat(sorted: SortedReply, session: Session, request: RestRequest): boolean {
    if (sorted.kind === 'version') this.forget();
    if (sorted.kind === 'token') this.reject(session.token);
    return (
      sorted.kind === 'version' || (sorted.kind === 'token' && (sorted.isProof || request.method === 'GET'))
    );
  }

  private settle(sorted: SortedReply, session: Session): RestAnswer {
    if (sorted.kind === 'answer' || sorted.kind === 'nothing' || sorted.kind === 'unchanged')
      return { ...sorted, version: session.version };
    if (sorted.kind === 'token' || sorted.kind === 'version' || sorted.kind === 'not_slurm') this.forget();
    if (sorted.kind === 'token') this.reject(session.token);
    throw this.failure(sorted, session.token);
  }

  private reject(token: string): void {
    this.options.tokens.reject(token);
    this.forget();
  }

  private async exchange(session: Session, request: RestRequest): Promise<SortedReply> {
    const { daemon, path, query = [] } = request;
    const search = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    // Some versions want a slash at the end of some paths and all do without, but for /jobs/state/.
    const slash = path === 'jobs/state' ? '/' : '';
    const url = `/${daemon}/${session.version}/${path}${slash}${search === '' ? '' : `?${search}`}`;
    const { method, body, kind } = request;
    return this.send(kind, {
      method,
      path: url,
      token: session.token,
      ...(body === undefined ? {} : { body: body(session.version) }),
    });
  }

  private async send(kind: RequestKind, request: WireRequest): Promise<SortedReply> {
    this.options.onRequest?.(kind);
    try {
      return sortReply(await this.options.wire.send(request));
    } catch (error) {
      if (error instanceof SlurmUnreachable) this.forget();
      throw error;
    }
  }

  private async connect(): Promise<Session> {
    try {
      return await this.tryConnect(await this.options.tokens.get());
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      this.options.tokens.reject(error.token);
      const token = await this.options.tokens.get();
      // The place still holds the one that was refused.
      if (token === error.token) throw this.tokenProblem(error.token, error.message);
      return await this.tryConnect(token).catch((again: unknown) => {
        if (!(again instanceof TokenRefused)) throw again;
        this.options.tokens.reject(again.token);
        throw this.tokenProblem(again.token, again.message);
      });
    }
  }

  private async tryConnect(token: string): Promise<Session> {
    const spoken = await this.negotiate(token);
    const atMs = performance.now();
    const sorted = await this.send('site', { method: 'GET', path: `/slurm/${spoken.version}/diag`, token });
    if (sorted.kind === 'token') throw new TokenRefused(token, sorted.reason);
    if (sorted.kind === 'nothing' || sorted.kind === 'unchanged')
      throw new SlurmSilence('/diag says nothing');
    if (sorted.kind !== 'answer') throw this.failure(sorted, token);
    const serverSeconds = readServerTime(sorted.body);
    return {
      ...spoken,
      token,
      facts: readServerFacts(sorted.body),
      clock: serverSeconds === null ? null : { serverSeconds, atMs },
    };
  }

  private async negotiate(token: string): Promise<Pick<Session, 'version' | 'served' | 'paths'>> {
    const document = await this.readDocument(token);
    const served = servedVersions(document.keys());
    if (served.length === 0) throw this.notSlurm('it has no OpenAPI document of slurmrestd');
    const { apiVersion } = this.options.settings;
    const version = apiVersion ?? newestCommon(served);
    if (version === null || !served.includes(version)) throw this.noVersion(served);
    const ours = [...document].filter(([path]) => path.split('/')[2] === version);
    return { version, served, paths: new Map(ours) };
  }

  private async readDocument(token: string): Promise<Map<string, Set<string>>> {
    const sorted = await this.send('site', { method: 'GET', path: '/openapi/v3', token });
    if (sorted.kind === 'token') throw new TokenRefused(token, sorted.reason);
    if (sorted.kind === 'silence' && !/cannot be read/.test(sorted.reason)) throw this.failure(sorted, token);
    const paths = sorted.kind === 'answer' ? at(sorted.body, 'paths') : undefined;
    if (typeof paths !== 'object' || paths === null)
      throw this.notSlurm(sorted.kind === 'not_slurm' ? sorted.reason : 'it answers something else');
    return new Map(
      Object.entries(paths).map(([path, methods]) => [
        path.replace(/\/$/, ''),
        new Set(Object.keys((methods ?? {}) as object)),
      ]),
    );
  }

  private failure(sorted: Failure, token: string): SlurmRefusal | SlurmUnreachable | SlurmSilence {
    switch (sorted.kind) {
      case 'refused':
        return new SlurmRefusal(withoutTokens(sorted.reason));
      case 'later':
        return new SlurmUnreachable(withoutTokens(sorted.reason));
      case 'silence':
        return new SlurmSilence(withoutTokens(sorted.reason));
      case 'token':
        return sorted.isProof
          ? this.tokenProblem(token, sorted.reason)
          : new SlurmSilence(
              `slurmctld hung up, as it does on a token that it refuses: ${withoutTokens(sorted.reason)}`,
            );
      case 'version':
        return this.notSlurm('it does not know a request of its own version');
      case 'not_slurm':
        return this.notSlurm(sorted.reason);
    }
  }

  private tokenProblem(token: string, reason: string): RestProblem {
    const { user } = this.options.settings;
    return new RestProblem({
      code: 'slurm.token_refused',
      kind: 'unauthenticated',
      message: `Slurm does not take the token for the user ${user} (${withoutTokens(reason)}): ${withoutTokens(this.options.tokens.explain(token))}.`,
      action: 'Have "token" in backend_config give a fresh token of the user in "user".',
    });
  }

  private notSlurm(why: string): RestProblem {
    return new RestProblem({
      code: 'slurm.not_slurmrestd',
      message: `What answers at ${this.options.settings.url} is not a slurmrestd: ${withoutTokens(why)}.`,
      action: 'Correct "url" in backend_config: it is what comes before /slurm/v0.0.…',
    });
  }

  private noVersion(served: readonly string[]): RestProblem {
    const wanted = this.options.settings.apiVersion ?? 'any version from v0.0.38 to v0.0.45';
    return new RestProblem({
      code: 'slurm.api_version',
      kind: 'invalid',
      message: `slurmrestd at ${this.options.settings.url} does not serve ${wanted}, only ${served.join(', ')}.`,
      action: 'Leave "api_version" out of backend_config, or set it to one that is served.',
    });
  }
}

class TokenRefused extends Error {
  constructor(
    readonly token: string,
    reason: string,
  ) {
    super(reason);
  }
}
