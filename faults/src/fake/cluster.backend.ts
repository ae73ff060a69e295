import {
  DomainError,
  parseJobToken,
  type JobId,
  type JobSpec,
  type JobToken,
  type LiveJob,
  type SiteCapabilities,
} from '@meridian/core';
import type { HpcBackend } from '@meridian/hpc';
import { SUBMISSION_TIMEOUT_SECONDS, type Cluster } from './cluster.js';

/** The port to a cluster, as one daemon holds it. */
export class ClusterBackend implements HpcBackend {
  constructor(
    private readonly cluster: Cluster,
    private readonly hasAccounting: boolean,
  ) {}

  submit(jobs: readonly JobSpec[]): ReturnType<HpcBackend['submit']> {
    return Promise.resolve(
      this.cluster.isSilent
        ? jobs.map(
            ({ token }) => ({ kind: 'unknown', token, reason: 'the scheduler does not answer' }) as const,
          )
        : this.cluster.submit(jobs),
    );
  }

  observe(ids: readonly JobId[]): ReturnType<HpcBackend['observe']> {
    return Promise.resolve(new Map(ids.map((id) => [id, this.cluster.observe(id)])));
  }

  findByToken(tokens: readonly JobToken[], since: Date): ReturnType<HpcBackend['findByToken']> {
    return Promise.resolve(new Map(tokens.map((token) => [token, this.cluster.find(token, since)])));
  }

  async listAlive(installation: string): Promise<LiveJob[]> {
    this.answerOrThrow();
    return this.cluster.alive().filter(({ token }) => parseJobToken(token)?.installation === installation);
  }

  async cancel(ids: readonly JobId[]): Promise<void> {
    this.answerOrThrow();
    this.cluster.cancel(ids);
  }

  async capabilities(): Promise<SiteCapabilities> {
    this.answerOrThrow();
    return {
      backend: 'fake',
      version: '1',
      hasAccounting: this.hasAccounting,
      maxArraySize: 1,
      submissionTimeoutSeconds: SUBMISSION_TIMEOUT_SECONDS,
      details: {},
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private answerOrThrow(): void {
    if (!this.cluster.isSilent) return;
    throw new DomainError({
      kind: 'unavailable',
      code: 'site.silent',
      message: 'The scheduler does not answer.',
      action: 'Wait until it does.',
    });
  }
}
