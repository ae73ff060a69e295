import axios, { isAxiosError, type AxiosInstance } from 'axios';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { performance } from 'node:perf_hooks';
import { SlurmSilence } from '../slurm/slurm-client.js';
import { RequestLimit } from './request-limit.js';
import { RestProblem } from './rest-problem.js';
import type { RestReply } from './sort-reply.js';

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query, encoded. */
  readonly path: string;
  readonly body?: object;
  readonly token: string;
}

export interface WireOptions {
  readonly url: string;
  readonly user: string;
  readonly timeoutSeconds: number;
}

const REQUESTS_AT_ONCE = 4;
const MOST_BYTES = 512 * 1024 * 1024;

/** Failures before a byte of the request was written. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES']);
const NO_NAME = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME', 'EAI_NODATA']);

/**
 * HTTP to one slurmrestd: a few requests at once over connections that are kept, each with an end.
 *
 * Errors are made anew here, because those of the HTTP library carry the request with its token.
 */
export class RestWire {
  private readonly agents = {
    httpAgent: new HttpAgent({ keepAlive: true, maxFreeSockets: REQUESTS_AT_ONCE }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxFreeSockets: REQUESTS_AT_ONCE }),
  };
  private readonly limit = new RequestLimit(REQUESTS_AT_ONCE);
  private readonly http: AxiosInstance;

  constructor(private readonly options: WireOptions) {
    this.http = axios.create({
      ...this.agents,
      // The environment of a daemon is no place to redirect its requests from.
      proxy: false,
      maxRedirects: 0,
      responseType: 'text',
      transformResponse: (text: unknown) => text,
      validateStatus: () => true,
      maxContentLength: MOST_BYTES,
      // slurmrestd 26.05 sends every error answer twice, and Node's parser rightly complains about the second.
      insecureHTTPParser: true,
    });
  }

  /** @throws RestProblem when nothing was sent, SlurmSilence when no whole answer came. */
  send(request: WireRequest): Promise<RestReply> {
    return this.limit.run(() => this.exchange(request));
  }

  close(): void {
    this.agents.httpAgent.destroy();
    this.agents.httpsAgent.destroy();
  }

  private async exchange({ method, path, body, token }: WireRequest): Promise<RestReply> {
    const start = performance.now();
    const elapsedMs = (): number => performance.now() - start;
    try {
      const { status, data } = await this.http.request<unknown>({
        method,
        url: `${this.options.url}${path}`,
        headers: {
          'X-SLURM-USER-NAME': this.options.user,
          'X-SLURM-USER-TOKEN': token,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { data: JSON.stringify(body) }),
        signal: AbortSignal.timeout(this.options.timeoutSeconds * 1000),
      });
      return { status, text: typeof data === 'string' ? data : '', elapsedMs: elapsedMs() };
    } catch (error) {
      throw this.failure(error, elapsedMs());
    }
  }

  private failure(error: unknown, elapsedMs: number): RestProblem | SlurmSilence {
    const code = isAxiosError(error) ? (error.code ?? '') : '';
    const { url, timeoutSeconds } = this.options;
    if (NO_NAME.has(code))
      return new RestProblem({
        code: 'slurm.unreachable',
        message: `The host of slurmrestd at ${url} has no address (${code}).`,
        action: 'Correct "url" in backend_config, or the name service of this machine.',
      });
    if (NOT_CONNECTED.has(code))
      return new RestProblem({
        code: 'slurm.unreachable',
        message: `Nothing takes connections at ${url} (${code}).`,
        action: 'Start slurmrestd, or correct the host and port of "url" in backend_config.',
      });
    if (isTls(code))
      return new RestProblem({
        code: 'slurm.unreachable',
        message: `The TLS connection to slurmrestd at ${url} was not made (${code}).`,
        action: 'Correct "url" in backend_config, or have the server\'s certificate trusted by this machine.',
      });
    if (code === 'ERR_CANCELED' && elapsedMs >= timeoutSeconds * 900)
      return new SlurmSilence(`slurmrestd did not answer within ${timeoutSeconds} s`);
    return new SlurmSilence(`the connection to slurmrestd broke${code === '' ? '' : ` (${code})`}`);
  }
}

const isTls = (code: string): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|^EPROTO$/.test(code);
