import type { JobId, JobObservation, JobSpec, JobToken } from '@meridian/core';
import type { HpcBackend } from '../hpc-backend.js';

export interface ContractJob {
  /** Default 0. */
  readonly exitCode?: number;
  /** The job runs until `release` is called, or until it is cancelled. */
  readonly isHeld?: boolean;
}

/** What an adapter's spec provides: a site with nothing on it, and the means to make jobs for it. */
export interface ContractSite {
  readonly backend: HpcBackend;
  /** Another instance over the same site: the process after a restart, or a second one. */
  reopen(): HpcBackend;
  job(token: JobToken, job?: ContractJob): Promise<JobSpec>;
  release(token: JobToken): Promise<void>;
  /** How often the job's program really ran. */
  executions(token: JobToken): Promise<number>;
}

const DEADLINE_MS = 20_000;

/** Asks until the job is as wanted, and returns what was seen; fails with the last answer after 20 s. */
export async function untilObserved(
  backend: HpcBackend,
  id: JobId,
  kind: JobObservation['kind'],
): Promise<JobObservation> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const seen = (await backend.observe([id])).get(id);
    if (seen?.kind === kind) return seen;
    if (Date.now() > deadline) throw new Error(`${id} is not ${kind} but ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const token = (name: string): JobToken => `mrd-${name}-1` as JobToken;

/** The id of the one job that is submitted; fails when the site does not accept it. */
export async function submitted(backend: HpcBackend, job: JobSpec): Promise<JobId> {
  const [outcome] = await backend.submit([job]);
  if (outcome?.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.jobId;
}

/** What every adapter does alike. `open` makes a new site for each test and cleans up after it. */
export function hpcBackendContract(name: string, open: () => Promise<ContractSite>): void {
  describe(`${name} keeps the contract of HpcBackend:`, () => {
    describe('submitting', () => submittingContract(open));
    describe('observing', () => observingContract(open));
    describe('cancelling', () => cancellingContract(open));
    describe('after a restart', () => restartContract(open));
  });
}

function submittingContract(open: () => Promise<ContractSite>): void {
  it('answers for every job, in order', async () => {
    const { backend, job } = await open();
    const jobs = [await job(token('a')), await job(token('b')), await job(token('c'))];
    const outcomes = await backend.submit(jobs);
    expect(outcomes.map((outcome) => [outcome.token, outcome.kind])).toEqual([
      [token('a'), 'accepted'],
      [token('b'), 'accepted'],
      [token('c'), 'accepted'],
    ]);
  });

  it('the same token twice is one job that runs once', async () => {
    const { backend, job, executions } = await open();
    const spec = await job(token('twice'));
    const id = await submitted(backend, spec);
    expect(await submitted(backend, spec)).toBe(id);
    await untilObserved(backend, id, 'finished');
    expect(await submitted(backend, spec)).toBe(id);
    expect(await executions(token('twice'))).toBe(1);
  });

  it('the same token from two processes at the same time is one job that runs once', async () => {
    const { backend, reopen, job, executions } = await open();
    const spec = await job(token('race'));
    const ids = await Promise.all([submitted(backend, spec), submitted(reopen(), spec)]);
    expect(ids[0]).toBe(ids[1]);
    await untilObserved(backend, ids[0], 'finished');
    expect(await executions(token('race'))).toBe(1);
  });

  it('a submitted token is found, another one is absent', async () => {
    const { backend, job } = await open();
    const id = await submitted(backend, await job(token('found')));
    expect(await backend.findByToken([token('found'), token('never')])).toEqual(
      new Map([
        [token('found'), { kind: 'found', jobId: id }],
        [token('never'), { kind: 'absent' }],
      ]),
    );
  });
}

function observingContract(open: () => Promise<ContractSite>): void {
  it('a job it never had is unknown, not finished', async () => {
    const { backend } = await open();
    const id = '999999' as JobId;
    expect(await backend.observe([id])).toEqual(new Map([[id, { kind: 'unknown' }]]));
  });

  it('nothing asked is nothing answered', async () => {
    const { backend } = await open();
    expect(await backend.observe([])).toEqual(new Map());
    expect(await backend.findByToken([])).toEqual(new Map());
    expect(await backend.submit([])).toEqual([]);
  });

  it.each([0, 1, 3, 65, 75, 113, 127, 143])('exit code %i passes through', async (exitCode) => {
    const { backend, job } = await open();
    const id = await submitted(backend, await job(token('code'), { exitCode }));
    expect(await untilObserved(backend, id, 'finished')).toMatchObject({
      kind: 'finished',
      state: exitCode === 0 ? 'COMPLETED' : 'FAILED',
      exitCode,
    });
  });

  it('several jobs in one request each get their own answer', async () => {
    const { backend, job, release } = await open();
    const done = await submitted(backend, await job(token('done'), { exitCode: 4 }));
    const held = await submitted(backend, await job(token('held'), { isHeld: true }));
    await untilObserved(backend, done, 'finished');
    await untilObserved(backend, held, 'running');
    const seen = await backend.observe([done, held, 'nobody' as JobId]);
    expect([...seen].map(([id, { kind }]) => [id, kind])).toEqual([
      [done, 'finished'],
      [held, 'running'],
      ['nobody', 'unknown'],
    ]);
    await release(token('held'));
    await untilObserved(backend, held, 'finished');
  });

  it('an end, once seen, stays as it is', async () => {
    const { backend, job } = await open();
    const id = await submitted(backend, await job(token('stays'), { exitCode: 5 }));
    const end = await untilObserved(backend, id, 'finished');
    expect((await backend.observe([id])).get(id)).toEqual(end);
  });
}

function cancellingContract(open: () => Promise<ContractSite>): void {
  it('a running job that is cancelled ends as CANCELLED', async () => {
    const { backend, job } = await open();
    const id = await submitted(backend, await job(token('stop'), { isHeld: true }));
    await untilObserved(backend, id, 'running');
    await backend.cancel([id]);
    expect(await untilObserved(backend, id, 'finished')).toMatchObject({
      kind: 'finished',
      state: 'CANCELLED',
    });
  });

  it('a finished job that is cancelled is no error and keeps its end', async () => {
    const { backend, job } = await open();
    const id = await submitted(backend, await job(token('late')));
    const end = await untilObserved(backend, id, 'finished');
    await backend.cancel([id]);
    expect((await backend.observe([id])).get(id)).toEqual(end);
  });

  it('a job it never had is cancelled without an error', async () => {
    const { backend } = await open();
    await expect(backend.cancel(['999999' as JobId])).resolves.toBeUndefined();
  });
}

function restartContract(open: () => Promise<ContractSite>): void {
  it('running and finished jobs are still there', async () => {
    const { backend, reopen, job, release, executions } = await open();
    const done = await submitted(backend, await job(token('done'), { exitCode: 7 }));
    const held = await submitted(backend, await job(token('held'), { isHeld: true }));
    await untilObserved(backend, done, 'finished');
    await untilObserved(backend, held, 'running');
    await backend.close();

    const next = reopen();
    expect((await next.observe([done])).get(done)).toMatchObject({ kind: 'finished', exitCode: 7 });
    expect((await next.observe([held])).get(held)?.kind).toBe('running');
    expect((await next.findByToken([token('held')])).get(token('held'))).toEqual({
      kind: 'found',
      jobId: held,
    });
    await release(token('held'));
    expect(await untilObserved(next, held, 'finished')).toMatchObject({ state: 'COMPLETED', exitCode: 0 });
    expect(await executions(token('held'))).toBe(1);
  });
}
