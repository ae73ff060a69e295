import { messageOf, type JobId, type JobSpec, type JobToken, type SiteCapabilities } from '@meridian/core';
import type { HpcBackend } from '@meridian/hpc';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Acting, Actor } from './actor.js';

/**
 * Makes every statement through this data source a step of the actor. A dead process's transaction is rolled back, as the server
 * does for a client that is gone.
 */
export function watchDataSource(dataSource: DataSource, actor: Actor): DataSource {
  const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (...mode): QueryRunner => {
    const runner = createQueryRunner(...mode);
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    const carryOut = async (acting: Acting, ...args: unknown[]): Promise<unknown> => {
      const client = (await runner.connect()) as { readonly processID?: number };
      acting.backendPid = client.processID ?? null;
      const result = await query(...args);
      actor.isAtWork ||= isClaim(result);
      return result;
    };
    const watched = (text: string, ...rest: unknown[]): Promise<unknown> =>
      text.startsWith('ROLLBACK')
        ? query(text, ...rest)
        : actor.step({ kind: 'statement', name: nameOf(text) }, (acting) => carryOut(acting, text, ...rest));
    return Object.assign(runner, { query: watched });
  };
  return dataSource;
}

/** What an UPDATE … RETURNING answers that took something: TypeORM gives `[rows, count]`. */
const isClaim = (result: unknown): boolean =>
  Array.isArray(result) && result.length === 2 && Array.isArray(result[0]) && result[0].length > 0;

const nameOf = (text: string): string => text.trim().replaceAll(/\s+/g, ' ').slice(0, 60);

/** Makes every request to a site a step of the actor, and of a failed one what adapters promise: `unknown`, never an exception. */
export class WatchedBackend implements HpcBackend {
  constructor(
    private readonly backend: HpcBackend,
    private readonly actor: Actor,
  ) {}

  async submit(jobs: readonly JobSpec[]): ReturnType<HpcBackend['submit']> {
    const tokens = jobs.map(({ token }) => token);
    return this.orElse(
      this.request('submit', () => this.backend.submit(jobs), jobs),
      (reason) => tokens.map((token) => ({ kind: 'unknown', token, reason })),
    );
  }

  async observe(ids: readonly JobId[]): ReturnType<HpcBackend['observe']> {
    return this.orElse(
      this.request('observe', () => this.backend.observe(ids)),
      () => new Map(ids.map((id) => [id, { kind: 'unknown' }])),
    );
  }

  async findByToken(tokens: readonly JobToken[], since: Date): ReturnType<HpcBackend['findByToken']> {
    return this.orElse(
      this.request('findByToken', () => this.backend.findByToken(tokens, since)),
      (reason) => new Map(tokens.map((token) => [token, { kind: 'unanswered', reason }])),
    );
  }

  cancel(ids: readonly JobId[]): Promise<void> {
    return this.request('cancel', () => this.backend.cancel(ids));
  }

  listAlive(installation: string): ReturnType<HpcBackend['listAlive']> {
    return this.request('listAlive', () => this.backend.listAlive(installation));
  }

  capabilities(): Promise<SiteCapabilities> {
    return this.request('capabilities', () => this.backend.capabilities());
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  private request<Result>(
    name: string,
    act: () => Promise<Result>,
    jobs?: readonly JobSpec[],
  ): Promise<Result> {
    return this.actor.step({ kind: 'request', name, ...(jobs === undefined ? {} : { jobs }) }, act);
  }

  private async orElse<Result>(
    asked: Promise<Result>,
    unanswered: (reason: string) => Result,
  ): Promise<Result> {
    try {
      return await asked;
    } catch (error) {
      if (this.actor.isDead) throw error;
      return unanswered(messageOf(error));
    }
  }
}
