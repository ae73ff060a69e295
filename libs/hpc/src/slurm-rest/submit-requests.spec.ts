import { SlurmRefusal, SlurmSilence, SlurmUnreachable, type SlurmSubmission } from '../slurm/slurm-client.js';
import type { SlurmRestClient } from './rest-client.js';
import { captured } from './testing/captured.js';
import { ClientBench, failureOf, TOKEN, tokenOf } from './testing/client-bench.js';
import {
  answer,
  breaksOff,
  hangs,
  inTurn,
  json,
  resets,
  saysItTwice,
  type Behaviour,
  type SlurmrestdDouble,
} from './testing/slurmrestd-double.js';

const SUBMISSION: SlurmSubmission = {
  name: 'mrd-k3x9ab-1-1',
  comment: 'imaging/extract',
  script: '#!/bin/sh\ntrue\n',
  workingDirectory: '/data/jobs/1.1',
  stdoutPath: '/dev/null',
  stderrPath: '/dev/null',
  resources: { cpus: 2, memoryMb: 500, walltimeMinutes: 5 },
  indices: '0-3',
};

let bench: ClientBench;
let server: SlurmrestdDouble;
let client: SlurmRestClient;

async function open(...args: Parameters<typeof ClientBench.open>): Promise<void> {
  bench = await ClientBench.open(...args);
  ({ server, client } = bench);
}

afterEach(() => bench.close());

describe('a submission', () => {
  const PATH = '/slurm/v0.0.42/job/submit';

  it('goes to v0.0.38 in plain numbers and an object of variables', async () => {
    await open('22.05-v0.0.38');
    server.replays('POST', '/slurm/v0.0.38/job/submit', 'submit-array');

    expect(await client.submit(SUBMISSION)).toEqual({ jobId: 10, neverStarts: null });
    expect(bench.bodyOf('/slurm/v0.0.38/job/submit')).toEqual({
      script: SUBMISSION.script,
      job: {
        name: 'mrd-k3x9ab-1-1',
        comment: 'imaging/extract',
        current_working_directory: '/data/jobs/1.1',
        standard_output: '/dev/null',
        standard_error: '/dev/null',
        environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
        tasks: 1,
        cpus_per_task: 2,
        memory_per_node: 500,
        time_limit: 5,
        requeue: false,
        array: '0-3',
        partition: 'debug',
        account: 'survey',
      },
    });
  });

  it('goes to later versions in wrapped numbers and a list of variables', async () => {
    await open('24.11-v0.0.42');
    server.replays('POST', PATH, 'submit-ok');

    expect(await client.submit({ ...SUBMISSION, indices: null })).toEqual({ jobId: 1, neverStarts: null });
    expect(bench.bodyOf(PATH).job).toMatchObject({
      environment: ['PATH=/usr/local/bin:/usr/bin:/bin'],
      memory_per_node: { set: true, infinite: false, number: 500 },
      time_limit: { set: true, infinite: false, number: 5 },
      requeue: false,
    });
    expect(bench.bodyOf(PATH).job).not.toHaveProperty('array');
    expect(bench.kinds).toEqual(['site', 'site', 'submit']);
  });

  const submitted = captured('24.11-v0.0.42', 'submit-ok').text;
  it.each<[string, Behaviour]>([
    ['is never answered', hangs],
    ['is read and then cut off', resets],
    ['is answered by half', breaksOff(200, submitted)],
    ['is answered by nothing', answer(200, '')],
    ['is answered without an id', json(200, { errors: [], warnings: [] })],
    [
      'is answered by an error that nobody knows',
      json(500, { errors: [{ error_number: 31_337, error: 'odd' }] }),
    ],
    ['is answered by a proxy', answer(502, '<html>Bad gateway</html>')],
  ])('that %s is silence, and is sent once', async (_, behaviour) => {
    await open('24.11-v0.0.42');
    server.on('POST', PATH, behaviour);

    const failure = await failureOf(client.submit(SUBMISSION));
    expect(failure).toBeInstanceOf(SlurmSilence);
    expect(failure.message).not.toContain('eyJ');
    expect(server.countOf('POST', PATH)).toBe(1);
  });

  it('that is refused in an answer sent twice is a refusal with the reason, and the next request works', async () => {
    await open('26.05-v0.0.44');
    const { status, text } = captured('26.05-v0.0.44', 'err-bad-partition');
    server.on('POST', '/slurm/v0.0.44/job/submit', saysItTwice(status, text));

    const failure = await failureOf(client.submit(SUBMISSION));
    expect(failure).toBeInstanceOf(SlurmRefusal);
    expect(failure.message).toBe('Invalid partition name specified (2000)');
    server.replays('POST', '/slurm/v0.0.44/job/submit', 'submit-ok');
    expect(await client.submit(SUBMISSION)).toEqual({ jobId: 35, neverStarts: null });
  });

  it('to a port where nobody listens is unreachable', async () => {
    await open('24.11-v0.0.42');
    const { url } = server;
    await server.stop();

    const failure = await failureOf(client.submit(SUBMISSION));
    expect(failure).toBeInstanceOf(SlurmUnreachable);
    expect(failure.message).toBe(`Nothing takes connections at ${url} (ECONNREFUSED).`);
  });

  it('whose token expired meanwhile is repeated once with a new one, since 511 proves that it was not carried out', async () => {
    await open('24.11-v0.0.42');
    const fresh = tokenOf({ exp: 4_000_000_001, sun: 'astro' });
    bench.tokens = [TOKEN, fresh];
    const refused = captured('24.11-v0.0.42', 'err-expired-token-submit');
    server.on('POST', PATH, inTurn(answer(refused.status, refused.text), answer(200, submitted)));

    expect(await client.submit(SUBMISSION)).toEqual({ jobId: 1, neverStarts: null });
    const sent = server.seen.filter(({ method }) => method === 'POST').map(({ token }) => token);
    expect(sent).toEqual([TOKEN, fresh]);
  });

  it('that 22.05 hung up on is silence and not repeated, though it may have been the token', async () => {
    await open('22.05-v0.0.38');
    server.replays('POST', '/slurm/v0.0.38/job/submit', 'err-expired-token-submit');

    expect(await failureOf(client.submit(SUBMISSION))).toBeInstanceOf(SlurmSilence);
    expect(server.countOf('POST', '/slurm/v0.0.38/job/submit')).toBe(1);
  });

  it('with a token that 22.05 does not take is not even sent', async () => {
    await open('22.05-v0.0.38');
    server.replays('GET', '/slurm/v0.0.38/diag', 'err-expired-token');

    expect(await failureOf(client.submit(SUBMISSION))).toBeInstanceOf(SlurmUnreachable);
    expect(server.countOf('POST', '/slurm/v0.0.38/job/submit')).toBe(0);
  });

  it('to a server that was upgraded is repeated in the version that it speaks now', async () => {
    await open('22.05-v0.0.38');
    server.replays('POST', '/slurm/v0.0.38/job/submit', 'submit-ok');
    await client.submit(SUBMISSION);
    server.serves(['v0.0.42']);
    server.replays('GET', '/slurm/v0.0.42/diag', 'diag', '24.11-v0.0.42');
    server.replays('POST', PATH, 'submit-long', '24.11-v0.0.42');
    server.replays('POST', '/slurm/v0.0.38/job/submit', 'err-wrong-version');

    expect(await client.submit(SUBMISSION)).toEqual({ jobId: 19, neverStarts: null });
    expect(bench.bodyOf(PATH).job.environment).toEqual(['PATH=/usr/local/bin:/usr/bin:/bin']);
  });

  it('speaks the newest version that both sides do', async () => {
    await open('26.05-v0.0.44');
    server.serves(['v0.0.42', 'v0.0.43', 'v0.0.44', 'v0.0.99']);
    server.replays('POST', '/slurm/v0.0.44/job/submit', 'submit-ok');
    expect((await client.submit(SUBMISSION)).jobId).toBe(35);
  });
});
