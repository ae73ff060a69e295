import type { JobId, JobToken } from '@meridian/core';
import { mkdtempSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import {
  hpcBackendContract,
  submitted,
  tokensOf,
  untilObserved,
  type ContractJob,
  type ContractSite,
} from '../testing/hpc-backend.contract.js';
import { LocalBackend, type LocalBackendOptions } from './local.backend.js';
import { HELD, jobOf, startsOf, tokensIn, untilGone } from './testing/local-jobs.js';
import { parseJobProcess, processesOf, sendSignal } from './process-table.js';

const INSTALLATION = 'local';
const token = tokensOf(INSTALLATION);

const open: { backend: LocalBackend; base: string }[] = [];

afterEach(async () => {
  for (const { backend, base } of open.splice(0)) {
    await backend.close();
    tokensIn(base).forEach((name) => processesOf(name).forEach((pid) => sendSignal(pid, 'SIGKILL')));
    rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  }
});

const newBase = (): string => mkdtempSync(`${tmpdir()}/meridian-local-`);

function backendOver(base: string, options: Partial<LocalBackendOptions> = {}): LocalBackend {
  const backend = new LocalBackend({
    stateDirectory: `${base}/.jobs`,
    capacity: { cpus: 4, memoryMb: 1000, jobs: 4 },
    environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    startsJobs: true,
    pollMs: 30,
    stopSeconds: 2,
    restartAfterMs: 200,
    ...options,
  });
  open.push({ backend, base });
  return backend;
}

function siteOver(base: string): ContractSite {
  return {
    backend: backendOver(base),
    installation: INSTALLATION,
    reopen: () => backendOver(base),
    job: (name: JobToken, { exitCode = 0, isHeld = false }: ContractJob = {}) =>
      Promise.resolve(jobOf(base, name, `${isHeld ? HELD : ''}\nexit ${exitCode}`)),
    release: (name: JobToken) => Promise.resolve(writeFileSync(`${base}/${name}/release`, '')),
    executions: (name: JobToken) => Promise.resolve(startsOf(base, name)),
  };
}

hpcBackendContract('LocalBackend', () => Promise.resolve(siteOver(newBase())));

describe('LocalBackend, room for jobs:', () => {
  it('starts no more than there is room for, first come first', async () => {
    const base = newBase();
    const backend = backendOver(base, { capacity: { cpus: 2, memoryMb: 1000, jobs: 9 } });
    const jobs = ['a', 'b', 'c'].map((name) => jobOf(base, token(name), HELD));
    const [a, b, c] = (await backend.submit(jobs)).map((outcome) => outcome.token as string as JobId) as [
      JobId,
      JobId,
      JobId,
    ];
    await untilObserved(backend, a, 'running');
    await untilObserved(backend, b, 'running');
    expect((await backend.observe([c])).get(c)).toEqual({ kind: 'queued' });
    writeFileSync(`${base}/${token('a')}/release`, '');
    await untilObserved(backend, c, 'running');
    for (const name of ['b', 'c']) writeFileSync(`${base}/${token(name)}/release`, '');
    await untilObserved(backend, c, 'finished');
  });

  it('a queued job that is cancelled never starts', async () => {
    const base = newBase();
    const backend = backendOver(base, { capacity: { cpus: 1, memoryMb: 1000, jobs: 1 } });
    const first = await submitted(backend, jobOf(base, token('first'), HELD));
    const second = await submitted(backend, jobOf(base, token('second'), 'exit 0'));
    await backend.cancel([second]);
    expect((await backend.observe([second])).get(second)).toMatchObject({
      kind: 'finished',
      state: 'CANCELLED',
      exitCode: null,
    });
    writeFileSync(`${base}/${token('first')}/release`, '');
    await untilObserved(backend, first, 'finished');
    expect(startsOf(base, token('second'))).toBe(0);
  });
});

describe('LocalBackend, processes:', () => {
  it('a job gets a plain environment, its id, and nothing of this process', async () => {
    const base = newBase();
    const backend = backendOver(base);
    const id = await submitted(
      backend,
      jobOf(base, token('env'), 'env | sort | grep -v -e ^PWD= -e ^_= -e ^OLDPWD= -e ^SHLVL='),
    );
    await untilObserved(backend, id, 'finished');
    expect(readFileSync(`${base}/${token('env')}/job.out`, 'utf8')).toBe(
      `MERIDIAN_JOB_ID=${token('env')}\nPATH=/usr/local/bin:/usr/bin:/bin\n`,
    );
  });

  it('a job over its time limit ends as TIMEOUT, and one that ignores TERM is killed', async () => {
    const base = newBase();
    const backend = backendOver(base, { stopSeconds: 1 });
    const polite = await submitted(backend, jobOf(base, token('polite'), HELD, { walltimeMinutes: 1 / 60 }));
    const rude = await submitted(
      backend,
      jobOf(base, token('rude'), `trap '' TERM\n${HELD}`, { walltimeMinutes: 1 / 60 }),
    );
    expect(await untilObserved(backend, polite, 'finished')).toMatchObject({
      state: 'TIMEOUT',
      exitCode: 124,
    });
    expect(await untilObserved(backend, rude, 'finished')).toMatchObject({ state: 'TIMEOUT', exitCode: 137 });
  });

  it('a cancelled job that ignores TERM is killed and is CANCELLED', async () => {
    const base = newBase();
    const backend = backendOver(base, { stopSeconds: 1 });
    const id = await submitted(backend, jobOf(base, token('rude'), `trap '' TERM\n${HELD}`));
    await untilObserved(backend, id, 'running');
    await backend.cancel([id]);
    expect(await untilObserved(backend, id, 'finished')).toMatchObject({ state: 'CANCELLED' });
    await untilGone(token('rude'));
  });

  it('a job whose processes are all killed is a lost job, and what is left of it is killed', async () => {
    const base = newBase();
    const backend = backendOver(base);
    const id = await submitted(backend, jobOf(base, token('lost'), HELD));
    await untilObserved(backend, id, 'running');
    const wrapper = parseJobProcess(readFileSync(`${base}/.jobs/processes/${token('lost')}`, 'utf8'));
    process.kill(wrapper?.pid ?? 0, 'SIGKILL');
    expect(await untilObserved(backend, id, 'finished')).toMatchObject({
      state: 'NODE_FAIL',
      exitCode: null,
    });
    await untilGone(token('lost'));
  });

  it('does not say what is alive while a job of another machine may be', async () => {
    const base = newBase();
    const backend = backendOver(base);
    const id = await submitted(backend, jobOf(base, token('away'), HELD));
    await untilObserved(backend, id, 'running');
    const file = `${base}/.jobs/processes/${token('away')}`;
    const words = readFileSync(file, 'utf8').split(' ');
    const awayWords = words.map((word, at) => (at === 2 ? 'f00d' : at === 4 ? 'node7' : word));
    writeFileSync(file, awayWords.join(' '));
    await expect(backend.listAlive(INSTALLATION)).rejects.toMatchObject({ code: 'local.job_elsewhere' });
    writeFileSync(file, words.join(' '));
    expect(await backend.listAlive(INSTALLATION)).toMatchObject([{ jobId: id, state: 'running' }]);
    writeFileSync(`${base}/${token('away')}/release`, '');
    await untilObserved(backend, id, 'finished');
  });

  it('a job without a directory for its output cannot be launched, and says why', async () => {
    const base = newBase();
    const backend = backendOver(base);
    const id = await submitted(backend, {
      ...jobOf(base, token('nowhere'), ''),
      stdoutPath: `${base}/missing/job.out`,
    });
    expect(await untilObserved(backend, id, 'finished')).toMatchObject({
      state: 'LAUNCH_FAILED',
      exitCode: null,
    });
  });

  it('a job without a script is rejected', async () => {
    const base = newBase();
    const spec = { ...jobOf(base, token('empty'), ''), scriptPath: `${base}/missing.sh` };
    expect((await backendOver(base).submit([spec]))[0]).toMatchObject({
      kind: 'rejected',
      token: token('empty'),
    });
  });

  it.each(['../escape', '', '.hidden', 'a/b', '-dash'])(
    'the token %j is rejected, unknown and absent',
    async (name) => {
      const base = newBase();
      const backend = backendOver(base);
      const bad = name as JobToken;
      expect((await backend.submit([{ ...jobOf(base, token('good'), ''), token: bad }]))[0]?.kind).toBe(
        'rejected',
      );
      expect((await backend.observe([name as JobId])).get(name as JobId)).toEqual({ kind: 'unknown' });
      expect((await backend.findByToken([bad])).get(bad)).toEqual({ kind: 'absent' });
    },
  );
});

describe('LocalBackend, several processes:', () => {
  it('an observer sees and cancels jobs and starts none', async () => {
    const base = newBase();
    const observer = backendOver(base, { startsJobs: false });
    const id = await submitted(observer, jobOf(base, token('job'), HELD));
    expect((await observer.observe([id])).get(id)).toEqual({ kind: 'queued' });
    backendOver(base);
    await untilObserved(observer, id, 'running');
    await observer.cancel([id]);
    expect(await untilObserved(observer, id, 'finished')).toMatchObject({ state: 'CANCELLED' });
  });

  it('a job that was taken out of the queue by a process that died is started by the next one, once', async () => {
    const base = newBase();
    const first = backendOver(base, { startsJobs: false });
    const id = await submitted(first, jobOf(base, token('taken'), 'exit 3'));
    renameSync(`${base}/.jobs/queued/${id}`, `${base}/.jobs/running/${id}`);
    backendOver(base);
    expect(await untilObserved(backendOver(base), id, 'finished')).toMatchObject({
      state: 'FAILED',
      exitCode: 3,
    });
    expect(startsOf(base, token('taken'))).toBe(1);
  });

  it('a process number that now belongs to another program is not taken for the job', async () => {
    const base = newBase();
    const observer = backendOver(base, { startsJobs: false });
    const id = await submitted(observer, jobOf(base, token('reused'), ''));
    renameSync(`${base}/.jobs/queued/${id}`, `${base}/.jobs/running/${id}`);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const host = readFileSync('/proc/sys/kernel/hostname', 'utf8').trim();
    const namespace = readlinkSync('/proc/self/ns/pid');
    const write = (bootId: string, hostName: string): void =>
      writeFileSync(
        `${base}/.jobs/processes/${id}`,
        `${process.pid} 1 ${bootId} ${namespace} ${hostName} 1700000000\n`,
      );
    write(boot, host);
    expect((await observer.observe([id])).get(id)).toMatchObject({ kind: 'finished', state: 'NODE_FAIL' });
    write('0-0', host);
    expect((await observer.observe([id])).get(id)).toMatchObject({ kind: 'finished', state: 'NODE_FAIL' });
    write('0-0', 'another-host');
    expect((await observer.observe([id])).get(id)).toEqual({ kind: 'unknown' });
  });

  it('ends are forgotten after their time, not before', async () => {
    const base = newBase();
    const day = 24 * 3_600_000;
    const first = backendOver(base);
    const id = await submitted(first, jobOf(base, token('old'), ''));
    await untilObserved(first, id, 'finished');
    await first.close();
    const inDays = (days: number): LocalBackend =>
      backendOver(base, { now: () => new Date(Date.now() + days * day), keepEndsMs: 7 * day });
    const young = inDays(6);
    await young.observe([]);
    await young.close();
    expect((await young.observe([id])).get(id)?.kind).toBe('finished');
    const old = inDays(8);
    await untilObserved(old, id, 'unknown');
  });
});
