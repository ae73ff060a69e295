import type { JobObservation, JobSpec, JobToken } from '@meridian/core';
import {
  hpcBackendContract,
  submitted,
  tokensOf,
  untilObserved,
  type ContractJob,
} from '../testing/hpc-backend.contract.js';
import { FakeBackend } from './fake.backend.js';
import { FakeSite, type FakeEnd } from './fake-site.js';

const token = tokensOf('fake');

const specOf = (name: JobToken): JobSpec => ({
  token: name,
  scriptPath: '/a/job.sh',
  directory: '/a',
  stdoutPath: '/a/job.out',
  stderrPath: '/a/job.err',
  resources: { cpus: 1, memoryMb: 100, walltimeMinutes: 1 },
  label: 'imaging/extract',
});

const endOf = (exitCode: number): FakeEnd => ({ state: exitCode === 0 ? 'COMPLETED' : 'FAILED', exitCode });

hpcBackendContract('FakeBackend', () => {
  const plans = new Map<JobToken, ContractJob>();
  const site = new FakeSite({
    run: (job) =>
      plans.get(job.token)?.isHeld
        ? new Promise<FakeEnd>(() => undefined)
        : endOf(plans.get(job.token)?.exitCode ?? 0),
  });
  return Promise.resolve({
    backend: new FakeBackend(site),
    installation: 'fake',
    reopen: () => new FakeBackend(site),
    job: (name, plan = {}) => {
      plans.set(name, plan);
      return Promise.resolve(specOf(name));
    },
    release: (name) => {
      const id = site.jobOf(name);
      if (id !== undefined) site.finish(id, endOf(0));
      return Promise.resolve();
    },
    executions: (name) => Promise.resolve(site.executionsOf(name)),
  });
});

describe('FakeBackend, told to fail:', () => {
  const open = (): { site: FakeSite; backend: FakeBackend } => {
    const site = new FakeSite();
    return { site, backend: new FakeBackend(site) };
  };

  it('a rejected job does not exist', async () => {
    const { site, backend } = open();
    site.failNextSubmits('reject');
    expect((await backend.submit([specOf(token('a'))]))[0]?.kind).toBe('rejected');
    expect((await backend.findByToken([token('a')])).get(token('a'))).toEqual({ kind: 'absent' });
  });

  it('a lost request leaves no job, a lost reply does', async () => {
    const { site, backend } = open();
    site.failNextSubmits('unknown_before');
    site.failNextSubmits('unknown_after');
    const outcomes = await backend.submit([specOf(token('a')), specOf(token('b')), specOf(token('c'))]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'accepted']);
    const found = await backend.findByToken([token('a'), token('b'), token('c')]);
    expect([...found.values()].map(({ kind }) => kind)).toEqual(['absent', 'found', 'found']);
  });

  it('a silent site says nothing about jobs that it has', async () => {
    const { site, backend } = open();
    const id = await submitted(backend, specOf(token('a')));
    site.isSilent = true;
    expect((await backend.observe([id])).get(id)).toEqual({ kind: 'unknown' });
    expect((await backend.findByToken([token('a')])).get(token('a'))?.kind).toBe('unanswered');
    site.isSilent = false;
    expect((await backend.observe([id])).get(id)).toEqual({ kind: 'queued' });
  });

  it('a job that vanished is unknown and absent', async () => {
    const { site, backend } = open();
    const id = await submitted(backend, specOf(token('a')));
    site.vanish(id);
    expect((await backend.observe([id])).get(id)).toEqual({ kind: 'unknown' });
    expect((await backend.findByToken([token('a')])).get(token('a'))).toEqual({ kind: 'absent' });
  });

  it('a duplicated submission runs twice under one token', async () => {
    const site = new FakeSite({ run: () => endOf(0) });
    site.duplicateNextSubmits();
    await submitted(new FakeBackend(site), specOf(token('a')));
    expect(site.executionsOf(token('a'))).toBe(2);
  });

  it('every step of a job happens when the test says so', async () => {
    const { site, backend } = open();
    const id = await submitted(backend, specOf(token('a')));
    const seen: (JobObservation | undefined)[] = [(await backend.observe([id])).get(id)];
    site.start(id, new Date(0));
    seen.push((await backend.observe([id])).get(id));
    site.finish(id, { state: 'OUT_OF_MEMORY', exitCode: 125, usage: { peakMemoryMb: 9 } });
    seen.push((await backend.observe([id])).get(id));
    expect(seen).toEqual([
      { kind: 'queued' },
      { kind: 'running', startedAt: new Date(0) },
      { kind: 'finished', state: 'OUT_OF_MEMORY', exitCode: 125, usage: { peakMemoryMb: 9 } },
    ]);
  });

  it('a program that throws is a job that could not be launched', async () => {
    const backend = new FakeBackend(new FakeSite({ run: () => Promise.reject(new Error('no')) }));
    const id = await submitted(backend, specOf(token('a')));
    expect(await untilObserved(backend, id, 'finished')).toMatchObject({
      state: 'LAUNCH_FAILED',
      exitCode: null,
    });
  });

  it('requests are counted, and held until the test lets them go', async () => {
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const site = new FakeSite({ answer: (request) => (request === 'observe' ? gate : Promise.resolve()) });
    const backend = new FakeBackend(site);
    const id = await submitted(backend, specOf(token('a')));
    const answer = backend.observe([id]);
    letGo();
    expect((await answer).size).toBe(1);
    expect(site.requests).toEqual({ submit: 1, observe: 1, findByToken: 0, listAlive: 0, cancel: 0 });
  });
});
