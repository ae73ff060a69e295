import { ConfigReader } from '../../config-reader.js';
import { SlurmRestClient, type RestClientOptions } from '../rest-client.js';
import type { RequestKind } from '../../slurm/slurm-client.js';
import { readRestSettings } from '../rest-settings.js';
import { SlurmrestdDouble } from './slurmrestd-double.js';

/** Looks like one of Slurm's; nobody signed it. */
export const tokenOf = (claims: object): string =>
  `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;
export const TOKEN = tokenOf({ exp: 4_000_000_000, sun: 'astro' });

/** A client beside the server that it talks to. */
export class ClientBench {
  /** Given one after the other; the last stays. */
  tokens: string[] = [TOKEN];
  readonly kinds: RequestKind[] = [];
  client: SlurmRestClient;

  private constructor(
    readonly server: SlurmrestdDouble,
    change: Partial<RestClientOptions['settings']>,
  ) {
    this.client = this.clientOf(change);
  }

  static async open(
    origin: string,
    change: Partial<RestClientOptions['settings']> = {},
  ): Promise<ClientBench> {
    return new ClientBench(await SlurmrestdDouble.start(origin), change);
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.server.stop();
  }

  /** What was sent to a path first. */
  bodyOf(path: string): ReturnType<typeof JSON.parse> {
    return JSON.parse(this.server.seen.find((request) => request.path === path)?.body ?? 'null');
  }

  private clientOf(change: Partial<RestClientOptions['settings']>): SlurmRestClient {
    const { url } = this.server;
    const backendConfig = { url, user: 'astro', token: { env: 'JWT' }, timeout_seconds: 1 };
    return new SlurmRestClient({
      settings: { ...readRestSettings(ConfigReader.of({ name: 'site', backendConfig })), ...change },
      job: { partition: 'debug', account: 'survey', qos: null, reservation: null, constraint: null },
      readEnvironment: () => (this.tokens.length > 1 ? this.tokens.shift() : this.tokens[0]),
      onRequest: (kind) => this.kinds.push(kind),
    });
  }
}

export const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error,
  );
