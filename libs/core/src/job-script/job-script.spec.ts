import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import {
  exitOf,
  newAttempt,
  read,
  recordOf,
  removeAttempts,
  run,
  start,
  until,
  type Copy,
} from './testing/job-attempt.js';

afterAll(removeAttempts);

/** dash is the shell that can do least; where sh is bash, as on many clusters, the same must hold. */
const SHELLS: readonly (readonly [program: string, ...flags: string[]])[] = [['dash'], ['bash', '--posix']];

describe.each(SHELLS)('the job script under %s', (...shell) => {
  const copy: Copy = { shell };

  it('does nothing, and fails, when its end is missing', async () => {
    const directory = newAttempt(['sh', '-c', 'touch output/ran']);
    const whole = read(directory, 'job.sh');
    for (const part of [0.3, 0.9, 0.999]) {
      writeFileSync(`${directory}/job.sh`, whole.slice(0, Math.floor(whole.length * part) - 2));
      expect(await run(directory, copy)).not.toBe(0);
      expect(existsSync(`${directory}/claim`)).toBe(false);
    }
  });

  it('records what the step did', async () => {
    const directory = newAttempt([
      'sh',
      '-c',
      'echo said; echo cried >&2; printf data >output/a.fits; exit 3',
    ]);
    const began = Math.floor(Date.now() / 1000) * 1000;
    expect(await run(directory, { ...copy, environment: { MERIDIAN_JOB_ID: 'job-1' } })).toBe(3);
    const record = recordOf(directory);
    expect(record).toEqual({
      token: 'mrd-7-2',
      runId: 7,
      attempt: 2,
      exitCode: 3,
      host: expect.stringMatching(/./) as string,
      jobId: 'job-1',
      startedAt: expect.any(Date) as Date,
      endedAt: expect.any(Date) as Date,
      cpuSeconds: expect.any(Number) as number,
      peakMemoryMb: null,
      wasStopped: false,
      diskWasFull: false,
      files: [
        {
          path: 'a.fits',
          sizeBytes: 4,
          modifiedAt: new Date(Math.floor(statSync(`${directory}/output/a.fits`).mtimeMs / 1000) * 1000),
          sha256: createHash('sha256').update('data').digest('hex'),
        },
      ],
      skipped: [],
    });
    expect(record.startedAt.getTime()).toBeGreaterThanOrEqual(began);
    expect(record.endedAt.getTime()).toBeGreaterThanOrEqual(record.startedAt.getTime());
    expect([read(directory, 'logs/stdout.log'), read(directory, 'logs/stderr.log')]).toEqual([
      'said\n',
      'cried\n',
    ]);
    expect(existsSync(`${directory}/heartbeat`)).toBe(true);
  });

  it('passes arguments and variables on unchanged, whatever they hold', async () => {
    const hostile = [
      '',
      '-n',
      '--',
      "it's",
      '"',
      '$(touch pwned)',
      '`id`',
      '${HOME}',
      'a\nb',
      ';exit 9',
      '*',
      '\\',
      '%s',
      'ünïcødé ☃',
      '~',
      '!x',
    ];
    const program = 'printf "%s\\0" "$VALUE" "$@" >output/words';
    const directory = newAttempt(['sh', '-c', program, 'name', ...hostile], {
      environment: { VALUE: `'"$(touch pwned)\n` },
    });
    expect(await run(directory, copy)).toBe(0);
    expect(read(directory, 'output/words').split('\0')).toEqual([`'"$(touch pwned)\n`, ...hostile, '']);
    expect(readdirSync(directory)).not.toContain('pwned');
  });

  it('records files of any name, in any depth, and follows no link', async () => {
    const directory = newAttempt(['true']);
    const names = [
      'plain',
      '-rf',
      '--help',
      ' lead',
      'trail ',
      'a\nb',
      '\n',
      '"',
      "'",
      '$(touch pwned)',
      '`id`',
      '\\',
      'back\\slash',
      '*',
      '?',
      '[a]',
      'ünï',
      '☃',
      '.hidden',
      '..dots',
      '...',
      'a,b{c}',
      '%s',
      '#',
      '~',
      'x'.repeat(200),
    ];
    const made = names.flatMap((name) => [name, `deep/er/${name}`]);
    mkdirSync(`${directory}/output/deep/er`, { recursive: true });
    made.forEach((path) => writeFileSync(`${directory}/output/${path}`, path));
    const links =
      'ln -s /etc out; ln -s /etc/passwd file; ln -s plain inside; ln -s . loop; mkfifo pipe; mkdir empty';
    spawnSync('sh', ['-c', links], { cwd: `${directory}/output` });
    writeFileSync(Buffer.concat([Buffer.from(`${directory}/output/`), Buffer.from([0x66, 0xff])]), 'x');

    expect(await run(directory, copy)).toBe(0);
    const { files, skipped } = recordOf(directory);
    expect(new Map(files.map((file) => [file.path, file.sha256]))).toEqual(
      new Map(made.map((path) => [path, createHash('sha256').update(path).digest('hex')])),
    );
    expect(skipped.map(({ path, reason }) => `${path} ${reason}`).sort()).toEqual(
      [
        'f\ufffd unnameable',
        'file symlink',
        'inside symlink',
        'loop symlink',
        'out symlink',
        'pipe special',
      ].sort(),
    );
  });

  it('a missing program is exit code 127, with a record', async () => {
    const directory = newAttempt(['no-such-program-here']);
    expect(await run(directory, copy)).toBe(127);
    expect(recordOf(directory).exitCode).toBe(127);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGUSR1', 'SIGXCPU'] as const)(
    '%s reaches the step, which may stop in its own way',
    async (signal) => {
      const program =
        'trap "echo stopping; echo x >output/partial; exit 9" TERM; touch ready; while :; do sleep 0.05; done';
      const directory = newAttempt(['sh', '-c', program]);
      const child = start(directory, copy);
      const exit = exitOf(child);
      await until(() => existsSync(`${directory}/ready`));
      child.kill(signal);
      expect(await exit).toBe(9);
      expect(recordOf(directory)).toMatchObject({
        exitCode: 9,
        wasStopped: true,
        files: [{ path: 'partial' }],
      });
      expect(read(directory, 'logs/stdout.log')).toBe('stopping\n');
    },
  );

  it('a step that does not stop is killed, children and all, and recorded', async () => {
    const directory = newAttempt(
      ['sh', '-c', 'trap "" TERM; sleep 300 & echo $! >child; touch ready; wait; sleep 300'],
      { stopSeconds: 1 },
    );
    const child = start(directory, copy);
    const exit = exitOf(child);
    await until(() => existsSync(`${directory}/ready`));
    child.kill('SIGTERM');
    expect(await exit).toBe(137);
    expect(recordOf(directory)).toMatchObject({ exitCode: 137, wasStopped: true });
    await until(() => !existsSync(`/proc/${read(directory, 'child').trim()}/cwd`));
  });
});
