import {
  jobToken,
  type JobId,
  type JobObservation,
  type JobSpec,
  type JobToken,
  type SubmitOutcome,
} from '@meridian/core';
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
  /** Part of every token: what other tests left at a site that is used again does not count. */
  readonly installation: string;
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

/** A token for every name, the same one each time; names are numbered as runs of a step are, one after another. */
export function tokensOf(installation: string): (name: string) => JobToken {
  const runIds = new Map<string, number>();
  return (name) => {
    const runId = runIds.get(name) ?? 1000 + runIds.size;
    runIds.set(name, runId);
    return jobToken({ installation, runId, attempt: 1 });
  };
}

/** Every job that was submitted in these tests is younger. */
export const LONG_AGO = new Date(Date.now() - 3_600_000);

/** The id of the one job that is submitted; fails when the site does not accept it. */
export async function submitted(backend: HpcBackend, job: JobSpec): Promise<JobId> {
  const [outcome] = await backend.submit([job]);
  if (outcome?.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.jobId;
}

async function foundId(backend: HpcBackend, name: JobToken): Promise<JobId> {
  const lookup = (await backend.findByToken([name], LONG_AGO)).get(name);
  if (lookup?.kind !== 'found') throw new Error(`${name} is not found but ${JSON.stringify(lookup)}`);
  return lookup.jobId;
}

interface OpenSite extends ContractSite {
  readonly token: (name: string) => JobToken;
}

/** What every adapter does alike. `openSite` makes a new site for each test and cleans up after it. */
export function hpcBackendContract(name: string, openSite: () => Promise<ContractSite>): void {
  const open = async (): Promise<OpenSite> => {
    const site = await openSite();
    return { ...site, token: tokensOf(site.installation) };
  };
  describe(`${name} keeps the contract of HpcBackend:`, () => {
    describe('submitting', () => submittingContract(open));
    describe('observing', () => observingContract(open));
    describe('jobs that go out together', () => togetherContract(open));
    describe('cancelling', () => cancellingContract(open));
    describe('after a restart', () => restartContract(open));
  });
}

function submittingContract(open: () => Promise<OpenSite>): void {
  it('answers for every job, in order', async () => {
    const { backend, job, token } = await open();
    const jobs = [await job(token('a')), await job(token('b')), await job(token('c'))];
    const outcomes = await backend.submit(jobs);
    expect(outcomes.map((outcome) => [outcome.token, outcome.kind])).toEqual([
      [token('a'), 'accepted'],
      [token('b'), 'accepted'],
      [token('c'), 'accepted'],
    ]);
  });

  it('the same token twice runs once, and is found', async () => {
    const { backend, job, executions, token } = await open();
    const spec = await job(token('twice'));
    const ids = [await submitted(backend, spec), await submitted(backend, spec)];
    for (const id of ids) await untilObserved(backend, id, 'finished');
    expect(await executions(token('twice'))).toBe(1);
    expect(ids).toContain(await foundId(backend, token('twice')));
  });

  it('the same token from two processes at the same time runs once, and is found', async () => {
    const { backend, reopen, job, executions, token } = await open();
    const spec = await job(token('race'));
    const ids = await Promise.all([submitted(backend, spec), submitted(reopen(), spec)]);
    for (const id of ids) await untilObserved(backend, id, 'finished');
    expect(await executions(token('race'))).toBe(1);
    expect(ids).toContain(await foundId(backend, token('race')));
  });

  it('a submitted token is found, another one is absent', async () => {
    const { backend, job, token } = await open();
    const id = await submitted(backend, await job(token('found')));
    expect(await backend.findByToken([token('found'), token('never')], LONG_AGO)).toEqual(
      new Map([
        [token('found'), { kind: 'found', jobId: id }],
        [token('never'), { kind: 'absent' }],
      ]),
    );
  });
}

function observingContract(open: () => Promise<OpenSite>): void {
  it('a job it never had is unknown, not finished', async () => {
    const { backend } = await open();
    const id = '999999' as JobId;
    expect(await backend.observe([id])).toEqual(new Map([[id, { kind: 'unknown' }]]));
  });

  it('nothing asked is nothing answered', async () => {
    const { backend } = await open();
    expect(await backend.observe([])).toEqual(new Map());
    expect(await backend.findByToken([], LONG_AGO)).toEqual(new Map());
    expect(await backend.submit([])).toEqual([]);
  });

  it.each([0, 1, 3, 65, 75, 113, 127, 143])('exit code %i passes through', async (exitCode) => {
    const { backend, job, token } = await open();
    const id = await submitted(backend, await job(token('code'), { exitCode }));
    expect(await untilObserved(backend, id, 'finished')).toMatchObject({
      kind: 'finished',
      state: exitCode === 0 ? 'COMPLETED' : 'FAILED',
      exitCode,
    });
  });

  it('several jobs in one request each get their own answer', async () => {
    const { backend, job, release, token } = await open();
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
    const { backend, job, token } = await open();
    const id = await submitted(backend, await job(token('stays'), { exitCode: 5 }));
    const end = await untilObserved(backend, id, 'finished');
    expect(endOf((await backend.observe([id])).get(id))).toEqual(endOf(end));
  });
}

/** What a site makes one array of is still one job each. */
function togetherContract(open: () => Promise<OpenSite>): void {
  it('end each in its own way', async () => {
    const { backend, job, executions, token } = await open();
    const names = ['none', 'three', 'bad-data'];
    const jobs = await Promise.all(
      [0, 3, 65].map((exitCode, at) => job(token(names[at] ?? ''), { exitCode })),
    );
    const ids = acceptedIds(await backend.submit(jobs));
    const ends = await Promise.all(ids.map((id) => untilObserved(backend, id, 'finished')));
    expect(ends.map((end) => end.kind === 'finished' && end.exitCode)).toEqual([0, 3, 65]);
    expect(await Promise.all(names.map((name) => executions(token(name))))).toEqual([1, 1, 1]);
  });

  it('are found, listed and cancelled one by one', async () => {
    const { backend, installation, job, release, token } = await open();
    const [left, right] = [token('left'), token('right')];
    const jobs = [await job(left, { isHeld: true }), await job(right, { isHeld: true })];
    const [leftId, rightId] = acceptedIds(await backend.submit(jobs)) as [JobId, JobId];
    expect(await backend.findByToken([left, right], LONG_AGO)).toEqual(
      new Map([
        [left, { kind: 'found', jobId: leftId }],
        [right, { kind: 'found', jobId: rightId }],
      ]),
    );
    await untilObserved(backend, leftId, 'running');
    await untilObserved(backend, rightId, 'running');
    await backend.cancel([leftId]);
    expect(await untilObserved(backend, leftId, 'finished')).toMatchObject({ state: 'CANCELLED' });
    expect(await backend.listAlive(installation)).toEqual([
      { jobId: rightId, token: right, state: 'running' },
    ]);
    await release(right);
    expect(await untilObserved(backend, rightId, 'finished')).toMatchObject({ state: 'COMPLETED' });
    expect(await backend.listAlive(installation)).toEqual([]);
  });

  it('are alive for their own installation only', async () => {
    const { backend, job, release, token } = await open();
    await submitted(backend, await job(token('held'), { isHeld: true }));
    expect(await backend.listAlive('nobodys')).toEqual([]);
    await release(token('held'));
  });
}

/** What must not change once it was said; how much a job used may come in later. */
const endOf = (seen: JobObservation | undefined): unknown =>
  seen?.kind === 'finished' ? [seen.state, seen.exitCode] : seen;

const acceptedIds = (outcomes: readonly SubmitOutcome[]): JobId[] =>
  outcomes.map((outcome) => {
    if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
    return outcome.jobId;
  });

function cancellingContract(open: () => Promise<OpenSite>): void {
  it('a running job that is cancelled ends as CANCELLED', async () => {
    const { backend, job, token } = await open();
    const id = await submitted(backend, await job(token('stop'), { isHeld: true }));
    await untilObserved(backend, id, 'running');
    await backend.cancel([id]);
    expect(await untilObserved(backend, id, 'finished')).toMatchObject({
      kind: 'finished',
      state: 'CANCELLED',
    });
  });

  it('a finished job that is cancelled is no error and keeps its end', async () => {
    const { backend, job, token } = await open();
    const id = await submitted(backend, await job(token('late')));
    const end = await untilObserved(backend, id, 'finished');
    await backend.cancel([id]);
    expect(endOf((await backend.observe([id])).get(id))).toEqual(endOf(end));
  });

  it('a job it never had is cancelled without an error', async () => {
    const { backend } = await open();
    await expect(backend.cancel(['999999' as JobId])).resolves.toBeUndefined();
  });
}

function restartContract(open: () => Promise<OpenSite>): void {
  it('running and finished jobs are still there', async () => {
    const { backend, reopen, job, release, executions, token } = await open();
    const done = await submitted(backend, await job(token('done'), { exitCode: 7 }));
    const held = await submitted(backend, await job(token('held'), { isHeld: true }));
    await untilObserved(backend, done, 'finished');
    await untilObserved(backend, held, 'running');
    await backend.close();

    const next = reopen();
    expect((await next.observe([done])).get(done)).toMatchObject({ kind: 'finished', exitCode: 7 });
    expect((await next.observe([held])).get(held)?.kind).toBe('running');
    expect((await next.findByToken([token('held')], LONG_AGO)).get(token('held'))).toEqual({
      kind: 'found',
      jobId: held,
    });
    await release(token('held'));
    expect(await untilObserved(next, held, 'finished')).toMatchObject({ state: 'COMPLETED', exitCode: 0 });
    expect(await executions(token('held'))).toBe(1);
  });
}
