import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlurmRefusal, type SlurmJob } from '../slurm/slurm-client.js';
import type { RequestKind } from '../slurm/slurm-client.js';
import { LoginNode, once, rowsOf } from './testing/login-node.js';
import { until } from './testing/private-sshd.js';

const node = new LoginNode();
const { lab, directory } = node;

afterEach(() => node.closeClients());
afterAll(() => node.leave());

/** More than the partition allows: Slurm takes such a job and lets it wait for ever. */
const tooLong = { cpus: 1, memoryMb: 50, walltimeMinutes: 10_000 };

const fail = (kind: string): never => {
  throw new Error(`asked for ${kind}`);
};

describe('jobs', () => {
  it('run the script as it was given, with nothing of the environment of the login node', async () => {
    const client = node.client();
    const file = join(directory, 'seen');
    const script = `pwd >${file}\nenv >>${file}\nprintf '%s\\n' 'case $x in 0) "\`ümlaut\`" \\ ;;' >>${file}\nexit 7`;
    const id = await node.submit(client, node.submission(script, { comment: 'plain' }));
    expect(await once(client, id, 'FAILED')).toMatchObject({
      key: { kind: 'single', id },
      name: '',
      exit: { status: 7, signal: 0 },
    });
    const seen = readFileSync(file, 'utf8');
    expect(seen.split('\n')[0]).toBe(directory);
    expect(seen).toContain('case $x in 0) "`ümlaut`" \\ ;;\n');
    // What a shell or the node's login shell would have set: neither was asked.
    expect(seen).not.toMatch(
      /^(SLURM_TIME_FORMAT|SLURM_BITSTR_LEN|SLURM_GET_USER_ENV|SSH_CONNECTION|MAIL)=/m,
    );
  });

  it('are listed with their names while they wait, run and after they ended', async () => {
    const client = node.client();
    const go = join(directory, 'go');
    const job = node.submission(`until [ -e ${go} ]; do sleep 0.1; done`);
    const id = await node.submit(client, job);
    const running = await once(client, id, 'RUNNING');
    expect(running.exit).toBeNull();
    expect(Math.abs(Date.now() - (running.startedAt?.getTime() ?? 0))).toBeLessThan(60_000);
    expect(rowsOf(await client.listJobs(), id)).toMatchObject([{ name: job.name, states: ['RUNNING'] }]);
    writeFileSync(go, '');
    expect(await once(client, id, 'COMPLETED')).toMatchObject({ exit: { status: 0, signal: 0 } });
  });

  it('of an array are tasks, and wait together', async () => {
    const client = node.client();
    const id = await node.submit(client, node.submission('exit $SLURM_ARRAY_TASK_ID', { indices: '0-2,5' }));
    const tasks = async (): Promise<SlurmJob[]> => rowsOf(await client.listStates([id]), id);
    await until(async () => (await tasks()).filter(({ exit }) => exit !== null).length === 4);
    const ends = (await tasks()).map(({ key, exit }) => [
      key.kind === 'task' ? key.index : key,
      exit?.status,
    ]);
    expect(ends.sort()).toEqual([0, 1, 2, 5].map((index) => [index, index]));
    const held = await node.submit(client, node.submission('true', { indices: '0-3', resources: tooLong }));
    expect(rowsOf(await client.listStates([held]), held)).toMatchObject([
      { key: { kind: 'pending', arrayId: held, indices: '0-3' }, states: ['PENDING'], exit: null },
    ]);
  });

  it('and single tasks are cancelled; those that ended or never were are no error', async () => {
    const client = node.client();
    const id = await node.submit(client, node.submission('sleep 300'));
    const array = await node.submit(client, node.submission('true', { indices: '0-3', resources: tooLong }));
    await once(client, id, 'RUNNING');
    await client.cancel([String(id), `${array}_1`, `${array}_99`, '999999999']);
    await once(client, id, 'CANCELLED');
    await client.cancel([String(id)]);
    expect(rowsOf(await client.listStates([array]), array).map(({ key }) => key)).toContainEqual({
      kind: 'pending',
      arrayId: array,
      indices: '0,2-3',
    });
  });

  it('of somebody else cannot be cancelled, and that is said', async () => {
    const id = await node.submit(node.client(), node.submission('sleep 300'));
    const other = node.client({ user: lab.other_user, privateKeyFile: lab.other_ssh_key_file });
    await expect(other.cancel([String(id)])).rejects.toThrow(SlurmRefusal);
    await expect(other.cancel([String(id)])).rejects.toThrow(/Access\/permission denied/);
    expect(rowsOf(await other.listJobs(), id)).toEqual([]);
  });

  it('are in accounting, with exit code and usage', async () => {
    expect(lab.has_accounting).toBe(true);
    const client = node.client();
    const job = node.submission('exit 3');
    const since = new Date(Date.now() - 60_000);
    const id = await node.submit(client, job);
    const known = async (): Promise<SlurmJob[]> =>
      rowsOf(await client.account({ kind: 'ids', ids: [id, 999_999_999] }), id);
    // A job that is over at once is called `allocation` until slurmdbd has heard of its beginning as well.
    await until(
      async () => (await known())[0]?.states[0] === 'FAILED' && (await known())[0]?.name === job.name,
    );
    expect(await known()).toMatchObject([
      { key: { kind: 'single', id }, name: job.name, exit: { status: 3, signal: 0 } },
    ]);
    expect((await known())[0]?.usage.elapsedSeconds).toBeLessThan(60);
    expect(rowsOf(await client.account({ kind: 'since', since }), id)).toEqual(await known());
    expect(await client.account({ kind: 'ids', ids: [] })).toEqual([]);
    const later = new Date(Date.now() + 3_600_000);
    expect(rowsOf(await client.account({ kind: 'since', since: later }), id)).toEqual([]);
  });

  it.each([
    ['a partition', { partition: 'nosuch' }, 'Invalid partition name specified'],
    ['an account', { account: 'nosuch' }, 'Invalid account'],
    ['a reservation', { reservation: 'nosuch' }, 'Requested reservation is invalid'],
    ['a constraint', { constraint: 'nosuch' }, 'Invalid feature specification'],
  ])('that ask for %s that is not there are refused, with the words of Slurm', async (_, options, words) => {
    const job = {
      partition: null,
      account: null,
      qos: null,
      reservation: null,
      constraint: null,
      ...options,
    };
    const client = node.client({}, { job });
    await expect(client.submit(node.submission('true'))).rejects.toThrow(SlurmRefusal);
    await expect(client.submit(node.submission('true'))).rejects.toThrow(words);
  });
});

describe('requests', () => {
  it('are counted, and many at once share the channels of one connection', async () => {
    const seen: RequestKind[] = [];
    const client = node.client({}, { onRequest: (kind) => seen.push(kind) });
    await Promise.all(Array.from({ length: 20 }, () => client.listJobs()));
    await client.describe();
    await client.account({ kind: 'ids', ids: [1] });
    await client.cancel(['999999999']);
    await client.listStates([1]);
    await node.submit(client, node.submission('true'));
    const counts = Object.fromEntries(
      [...new Set(seen)].map((kind) => [kind, seen.filter((one) => one === kind).length]),
    );
    expect(counts).toEqual({ status: 21, site: 1, accounting: 1, cancel: 1, submit: 1 });
  });

  it('wait for a channel when there are more than the server lets into one connection', async () => {
    const client = node.client({ channels: 30 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => client.listJobs()));
    expect(answers).toHaveLength(30);
  });

  it('for nothing are not made', async () => {
    const client = node.client({}, { onRequest: (kind) => fail(kind) });
    expect(await client.listStates([])).toEqual([]);
    expect(await client.account({ kind: 'ids', ids: [] })).toEqual([]);
    await client.cancel([]);
  });
});
