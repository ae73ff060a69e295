import type { JobId, JobSpec, JobToken, SiteCapabilities } from '@meridian/core';
import type { HpcBackend } from '@meridian/hpc';
import type { DataSource, QueryRunner } from 'typeorm';

/** What a statement of a process that was killed throws; from then on all of them do. */
export class Died extends Error {}

/**
 * A process that is killed at its n-th step, before the step takes effect or after it did and before the process learnt of it.
 * A step is a statement to the database or a request to the site.
 */
export class Life {
  private taken = 0;
  private isOver = false;
  /** What it was doing when it died. */
  lastStep = '';

  constructor(
    private readonly steps: number,
    private readonly dies: 'before' | 'after',
  ) {}

  get died(): boolean {
    return this.isOver;
  }

  async step<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    this.dieIf(this.isOver);
    this.taken += 1;
    const isLast = this.taken === this.steps;
    if (isLast) this.lastStep = name;
    this.dieIf(isLast && this.dies === 'before');
    const result = await act();
    this.dieIf(isLast);
    return result;
  }

  private dieIf(condition: boolean): void {
    if (!condition) return;
    this.isOver = true;
    throw new Died(`killed ${this.dies} "${this.lastStep}"`);
  }
}

/** Makes every statement through this data source a step of `life`. A dead process's connections roll back, as PostgreSQL does. */
export function mortalDataSource(dataSource: DataSource, life: Life): DataSource {
  const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (...mode): QueryRunner => {
    const runner = createQueryRunner(...mode);
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    const mortal = (text: string, ...rest: unknown[]): Promise<unknown> =>
      text.startsWith('ROLLBACK')
        ? query(text, ...rest)
        : life.step(text.trim().slice(0, 60), () => query(text, ...rest));
    return Object.assign(runner, { query: mortal });
  };
  return dataSource;
}

/** Makes every request to a site a step of `life`, and keeps the tokens of the submissions that reached it. */
export class MortalBackend implements HpcBackend {
  constructor(
    private readonly backend: HpcBackend,
    private readonly life: Life,
    readonly reached: JobToken[],
  ) {}

  submit(jobs: readonly JobSpec[]): ReturnType<HpcBackend['submit']> {
    return this.life.step('submit', () => {
      this.reached.push(...jobs.map((job) => job.token));
      return this.backend.submit(jobs);
    });
  }

  observe(ids: readonly JobId[]): ReturnType<HpcBackend['observe']> {
    return this.life.step('observe', () => this.backend.observe(ids));
  }

  findByToken(tokens: readonly JobToken[], since: Date): ReturnType<HpcBackend['findByToken']> {
    return this.life.step('findByToken', () => this.backend.findByToken(tokens, since));
  }

  listAlive(installation: string): ReturnType<HpcBackend['listAlive']> {
    return this.life.step('listAlive', () => this.backend.listAlive(installation));
  }

  cancel(ids: readonly JobId[]): Promise<void> {
    return this.life.step('cancel', () => this.backend.cancel(ids));
  }

  capabilities(): Promise<SiteCapabilities> {
    return this.life.step('capabilities', () => this.backend.capabilities());
  }

  close(): Promise<void> {
    return this.backend.close();
  }
}
