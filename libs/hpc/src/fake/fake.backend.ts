import {
  DomainError,
  parseJobToken,
  type JobId,
  type JobObservation,
  type JobSpec,
  type JobToken,
  type LiveJob,
  type SiteCapabilities,
  type SubmitOutcome,
  type TokenLookup,
} from '@meridian/core';
import type { HpcBackend } from '../hpc-backend.js';
import { FakeSite } from './fake-site.js';

/**
 * A backend without a machine: what happens to the jobs is decided by the test that holds the `FakeSite`.
 *
 * Several instances over one site are several processes, or one that was started again.
 */
export class FakeBackend implements HpcBackend {
  constructor(readonly site: FakeSite = new FakeSite()) {}

  async submit(jobs: readonly JobSpec[]): Promise<SubmitOutcome[]> {
    await this.site.request('submit');
    return jobs.map((job) => this.submitOne(job));
  }

  async observe(ids: readonly JobId[]): Promise<Map<JobId, JobObservation>> {
    await this.site.request('observe');
    return new Map(
      ids.map((id) => [id, this.site.isSilent ? { kind: 'unknown' } : this.site.observation(id)]),
    );
  }

  async findByToken(tokens: readonly JobToken[]): Promise<Map<JobToken, TokenLookup>> {
    await this.site.request('findByToken');
    return new Map(tokens.map((token) => [token, this.findOne(token)]));
  }

  async listAlive(installation: string): Promise<LiveJob[]> {
    await this.site.request('listAlive');
    if (this.site.isSilent) throw silent();
    return this.site.alive().filter(({ token }) => parseJobToken(token)?.installation === installation);
  }

  async cancel(ids: readonly JobId[]): Promise<void> {
    await this.site.request('cancel');
    ids.forEach((id) => this.site.cancel(id));
  }

  capabilities(): Promise<SiteCapabilities> {
    return Promise.resolve({
      backend: 'fake',
      version: '1',
      hasAccounting: true,
      maxArraySize: 1,
      submissionTimeoutSeconds: 0,
      details: {},
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private submitOne(job: JobSpec): SubmitOutcome {
    const { token } = job;
    const fault = this.site.takeSubmitFault();
    if (fault === 'reject') return { kind: 'rejected', token, reason: 'the fake site was told to reject it' };
    if (fault === 'unknown_before') return { kind: 'unknown', token, reason: 'the request was lost' };
    const jobId = this.site.accept(job);
    return fault === 'unknown_after'
      ? { kind: 'unknown', token, reason: 'the reply was lost' }
      : { kind: 'accepted', token, jobId };
  }

  private findOne(token: JobToken): TokenLookup {
    if (this.site.isSilent) return { kind: 'unanswered', reason: 'the fake site was told to be silent' };
    const jobId = this.site.jobOf(token);
    return jobId === undefined ? { kind: 'absent' } : { kind: 'found', jobId };
  }
}

const silent = (): DomainError =>
  new DomainError({
    kind: 'unavailable',
    code: 'site.silent',
    message: 'The fake site was told to be silent.',
    action: 'Tell it to answer again.',
  });
