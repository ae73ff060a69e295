import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { newAttempt, PATH, read, recordOf, removeAttempts, run } from './testing/job-attempt.js';

afterAll(removeAttempts);

describe('the claim', () => {
  it('of fifty copies at the same time exactly one runs the step; the others touch nothing', async () => {
    const directory = newAttempt(['sh', '-c', 'echo ran >>count; sleep 0.3']);
    const copies = Array.from({ length: 50 }, (_, index) =>
      run(directory, { environment: { MERIDIAN_JOB_ID: `job-${index}` } }),
    );
    const codes = await Promise.all(copies);
    expect(codes.filter((code) => code === 0)).toHaveLength(1);
    expect(codes.filter((code) => code === 113)).toHaveLength(49);
    expect(read(directory, 'count')).toBe('ran\n');
    expect(recordOf(directory).jobId).toBe(`job-${codes.indexOf(0)}`);
    expect(read(directory, 'claim/job')).toBe(`job-${codes.indexOf(0)}\n`);
    expect(existsSync(`${directory}/claim/requeued`)).toBe(false);
  });

  it('the same job started again by its scheduler does nothing and says so', async () => {
    const directory = newAttempt(['sh', '-c', 'echo ran >>count']);
    const copy = { environment: { SLURM_JOB_ID: '4711' } };
    expect(await run(directory, copy)).toBe(0);
    const before = read(directory, 'result.json');
    expect(await run(directory, copy)).toBe(114);
    expect(existsSync(`${directory}/claim/requeued`)).toBe(true);
    expect([read(directory, 'count'), read(directory, 'result.json')]).toEqual(['ran\n', before]);
  });

  it('a claim whose owner never said who it is counts as a second start', async () => {
    const directory = newAttempt(['sh', '-c', 'echo ran >>count']);
    mkdirSync(`${directory}/claim`);
    expect(await run(directory)).toBe(114);
    expect(existsSync(`${directory}/count`)).toBe(false);
  });

  it('the job id comes from the variable that the backend names', async () => {
    const directory = newAttempt(['true'], { jobIdVariable: 'OTHER_ID' });
    expect(await run(directory, { environment: { OTHER_ID: '12_3', SLURM_JOB_ID: '99' } })).toBe(0);
    expect(recordOf(directory).jobId).toBe('12_3');
  });

  it('a job id with characters that JSON would mind is left out', async () => {
    const directory = newAttempt(['true']);
    expect(await run(directory, { environment: { SLURM_JOB_ID: '1","x":"' } })).toBe(0);
    expect(recordOf(directory).jobId).toBeNull();
  });

  it('without its directory nothing runs', async () => {
    const directory = newAttempt(['true']);
    const script = read(directory, 'job.sh').replace("directory='", "directory='/nowhere");
    writeFileSync(`${directory}/job.sh`, script);
    expect(await run(directory)).toBe(116);
  });
});

describe('the record', () => {
  it('a step that exits with a code of the script itself is told apart by its record', async () => {
    const directory = newAttempt(['sh', '-c', 'exit 113']);
    expect(await run(directory)).toBe(1);
    expect(recordOf(directory).exitCode).toBe(113);
  });

  it('when it cannot be written the exit code says so, and no half record is left', async () => {
    const directory = newAttempt(['sh', '-c', 'echo x >output/a'], { retrySeconds: 1 });
    // Every file may have one block of 512 bytes: enough for the claim, not for a record with these names.
    mkdirSync(`${directory}/output`);
    for (let index = 0; index < 20; index += 1) writeFileSync(`${directory}/output/file-${index}`, '');
    expect(await run(directory, { before: 'ulimit -f 1' })).toBe(115);
    expect(existsSync(`${directory}/result.json`)).toBe(false);
  });

  it('is written as soon as there is room again', async () => {
    const directory = newAttempt([
      'sh',
      '-c',
      'mkdir result.json.part; (sleep 1.5; rmdir result.json.part) >/dev/null 2>&1 &',
    ]);
    expect(await run(directory)).toBe(0);
    expect(recordOf(directory).exitCode).toBe(0);
  });

  it('holds hundreds of files, each once', async () => {
    const directory = newAttempt([
      'sh',
      '-c',
      'cd output; i=0; while [ $i -lt 700 ]; do echo $i >file-$i; i=$((i+1)); done',
    ]);
    expect(await run(directory)).toBe(0);
    const { files } = recordOf(directory);
    expect(files).toHaveLength(700);
    expect(
      files.every(
        (file) =>
          file.sha256 ===
          createHash('sha256')
            .update(`${file.path.slice(5)}\n`)
            .digest('hex'),
      ),
    ).toBe(true);
  });

  it('measures CPU time and memory of a step that takes some', async () => {
    const directory = newAttempt([
      process.execPath,
      '-e',
      'const b = Buffer.alloc(1e8, 1); const t = Date.now(); while (Date.now() - t < 1500);',
    ]);
    expect(await run(directory)).toBe(0);
    const { cpuSeconds, peakMemoryMb } = recordOf(directory);
    expect(cpuSeconds).toBeGreaterThan(0.3);
    expect(cpuSeconds).toBeLessThan(10);
    expect(peakMemoryMb).toBeGreaterThan(100);
    expect(peakMemoryMb).toBeLessThan(1000);
  });

  it('no process is left when the script has ended', async () => {
    const directory = newAttempt(['sh', '-c', 'sleep 0.5']);
    expect(await run(directory, { environment: { MARK: directory } })).toBe(0);
    const left = readdirSync('/proc').filter((entry) => {
      if (!/^\d+$/.test(entry)) return false;
      try {
        return readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`MARK=${directory}`);
      } catch {
        return false;
      }
    });
    expect(left).toEqual([]);
  });

  it('the step runs in the attempt directory with the locale of the job, not that of the script', async () => {
    const directory = newAttempt(['sh', '-c', 'pwd; echo "${LC_ALL-unset}"']);
    await run(directory);
    expect(read(directory, 'logs/stdout.log')).toBe(`${directory}\nunset\n`);
    const other = newAttempt(['sh', '-c', 'echo "${LC_ALL-unset}"']);
    await run(other, { environment: { LC_ALL: 'C.UTF-8' } });
    expect(read(other, 'logs/stdout.log')).toBe('C.UTF-8\n');
  });
});

/** root reads everything, so this needs another user to be a test at all. */
const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? { uid: 65534, gid: 65534 } : {};

it('a file that cannot be read is listed as such, and the others with it are recorded', () => {
  const directory = newAttempt(['true']);
  mkdirSync(`${directory}/output`);
  for (const name of ['a', 'b', 'c']) writeFileSync(`${directory}/output/${name}`, name);
  chmodSync(`${directory}/output/b`, 0);
  if (isRoot) spawnSync('chmod', ['-R', 'o+rwX,u-rwx,g-rwx', '--', `${directory}/..`]);
  chmodSync(`${directory}/output/b`, 0);
  spawnSync('dash', [`${directory}/job.sh`], { env: { PATH }, ...asNobody });
  spawnSync('chmod', ['-R', 'u+rwX', '--', `${directory}/..`]);
  expect(recordOf(directory)).toMatchObject({
    files: [{ path: 'a' }, { path: 'c' }],
    skipped: [{ path: 'b', reason: 'unreadable' }],
  });
});

it('the job script runs where there is nothing but a shell and coreutils', async () => {
  const coreutils = ['base64', 'cat', 'date', 'mkdir', 'mv', 'sha256sum', 'sleep', 'stat', 'sync', 'timeout'];
  const directory = newAttempt(['/bin/sh', '-c', "echo x >'output/a b*c'"]);
  const bin = `${directory}/../bin`;
  mkdirSync(bin);
  for (const name of coreutils) symlinkSync(`/usr/bin/${name}`, `${bin}/${name}`);
  const { status, stderr } = spawnSync('/bin/sh', [`${directory}/job.sh`], {
    env: { PATH: bin },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(recordOf(directory).files.map(({ path }) => path)).toEqual(['a b*c']);
});
