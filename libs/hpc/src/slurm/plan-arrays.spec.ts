import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobToken, type JobSpec } from '@meridian/core';
import * as fc from 'fast-check';
import { launchScript } from './launch-script.js';
import { readTokens } from './locate-jobs.js';
import { planSubmissions } from './plan-arrays.js';
import { readIndices, writeIndices } from './task-indices.js';

const specOf = (runId: number, attempt = 1, cpus = 1, label = 'imaging/extract', base = '/a'): JobSpec => {
  const token = jobToken({ installation: 'k3x9ab', runId, attempt });
  const directory = `${base}/${token}`;
  return {
    token,
    label,
    directory,
    scriptPath: `${directory}/job.sh`,
    stdoutPath: `${directory}/job.out`,
    stderrPath: `${directory}/job.err`,
    resources: { cpus, memoryMb: 100, walltimeMinutes: 5 },
  };
};

const JOBS = fc
  .uniqueArray(
    fc.record({
      runId: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5000 })),
      attempt: fc.integer({ min: 1, max: 2 }),
      cpus: fc.integer({ min: 1, max: 2 }),
      label: fc.constantFrom('imaging/extract', 'imaging/mosaic'),
    }),
    { maxLength: 80, selector: ({ runId, attempt }) => `${runId}.${attempt}` },
  )
  .map((jobs) => jobs.map(({ runId, attempt, cpus, label }) => specOf(runId, attempt, cpus, label)));

describe('planSubmissions', () => {
  it('sends every job once, and name and index give its token back', () => {
    fc.assert(
      fc.property(JOBS, fc.integer({ min: 2, max: 1001 }), (jobs, maxArraySize) => {
        const planned = planSubmissions(jobs, maxArraySize);
        const tokens = planned.flatMap(({ name, indices }) =>
          indices === null
            ? [name]
            : readTokens([pendingRow(name, writeIndices(indices))]).named.map(({ token }) => token),
        );
        expect(tokens.sort()).toEqual(jobs.map(({ token }) => token).sort());
      }),
    );
  });

  it('keeps indices below the limit of the site, and their list short enough for Slurm to show', () => {
    fc.assert(
      fc.property(JOBS, fc.integer({ min: 2, max: 1001 }), (jobs, maxArraySize) => {
        for (const { indices } of planSubmissions(jobs, maxArraySize)) {
          if (indices === null) continue;
          expect(Math.max(...indices)).toBeLessThan(maxArraySize);
          expect(writeIndices(indices).length).toBeLessThanOrEqual(60);
        }
      }),
    );
  });

  it('puts only jobs of one step with equal resources and attempts into one array', () => {
    fc.assert(
      fc.property(JOBS, (jobs) => {
        for (const planned of planSubmissions(jobs, 1001)) {
          const kinds = planned.jobs.map(({ label, resources, token }) => [
            label,
            resources.cpus,
            token.split('-').at(-1),
          ]);
          expect(new Set(kinds.map((kind) => JSON.stringify(kind))).size).toBe(1);
        }
      }),
    );
  });

  it('needs ten requests for ten thousand runs that were created together', () => {
    const jobs = Array.from({ length: 10_000 }, (_, at) => specOf(77_000 + at));
    expect(planSubmissions(jobs, 1001)).toHaveLength(10);
  });
});

const pendingRow = (name: string, indices: string) => ({
  key: { kind: 'pending', arrayId: 7, indices } as const,
  name,
  states: ['PENDING'],
  reason: null,
  exit: null,
  startedAt: null,
  usage: {},
});

describe('the indices of tasks', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 3000 }), { minLength: 1 }), (numbers) => {
        const sorted = [...numbers].sort((a, b) => a - b);
        expect(readIndices(writeIndices(sorted))).toEqual({ indices: new Set(sorted), isPartial: false });
      }),
    );
  });

  it.each([
    ['0-3,7%2', [0, 1, 2, 3, 7], false],
    ['[0-8:4]', [0, 4, 8], false],
    ['0-2,5,...', [0, 1, 2, 5], true],
    ['0-2,5-', [0, 1, 2], true],
    ['', [], true],
    ['0x1F', [], true],
    ['5-1', [], true],
    ['0-99999999', [], true],
  ])('%j is %j, cut off: %j', (text, indices, isPartial) => {
    expect(readIndices(text)).toEqual({ indices: new Set(indices), isPartial });
  });
});

describe('the script that launches jobs', () => {
  const base = mkdtempSync(`${tmpdir()}/meridian 'launch' $(id) `);
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  it.each([
    [null, { SLURM_JOB_ID: '41' }, '41'],
    [[0, 3], { SLURM_JOB_ID: '44', SLURM_ARRAY_JOB_ID: '41', SLURM_ARRAY_TASK_ID: '3' }, '41_3'],
  ])(
    'starts the one that the indices %j and Slurm say, with the id that Meridian knows',
    (indices, environment, id) => {
      const jobs = (indices ?? [3]).map((index) => specOf(500 + index, 1, 1, 'imaging/extract', base));
      const job = jobs.at(-1)!;
      mkdirSync(job.directory, { recursive: true });
      writeFileSync(job.scriptPath, 'echo "$MERIDIAN_JOB_ID $COLOUR"; echo told >&2; exit 7\n');
      const script = launchScript({ name: 'mrd-k3x9ab-500-1', jobs, indices }, { COLOUR: "it's $(red)" });
      let code = 0;
      try {
        execFileSync('/bin/sh', ['-s'], { input: script, env: { PATH: '/usr/bin:/bin', ...environment } });
      } catch (error) {
        code = (error as { status: number }).status;
      }
      expect(code).toBe(7);
      expect(readFileSync(job.stdoutPath, 'utf8')).toBe(`${id} it's $(red)\n`);
      expect(readFileSync(job.stderrPath, 'utf8')).toBe('told\n');
      rmSync(job.directory, { recursive: true });
    },
  );

  it('tells each of a thousand tasks no more than where it differs from the others', () => {
    const indices = Array.from({ length: 1000 }, (_, index) => index);
    const jobs = indices.map((index) =>
      specOf(index + 1, 1, 1, 'imaging/extract', `${base}/${'deep/'.repeat(20)}`),
    );
    expect(launchScript({ name: 'n', jobs, indices }, {}).length / 1000).toBeLessThan(60);
  });

  it('takes files that are elsewhere, and called otherwise for each task, from where they are', () => {
    const jobs = [1, 2].map((run) => {
      const job = specOf(run, 1, 1, 'imaging/extract', base);
      return { ...job, stdoutPath: `${base}/elsewhere-${run}.out` };
    });
    for (const { directory, scriptPath } of jobs) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(scriptPath, 'pwd');
    }
    const script = launchScript({ name: 'n', jobs, indices: [0, 1] }, {});
    const env = { PATH: '/usr/bin:/bin', SLURM_ARRAY_JOB_ID: '9', SLURM_ARRAY_TASK_ID: '1' };
    execFileSync('/bin/sh', ['-s'], { input: script, env });
    expect(readFileSync(`${base}/elsewhere-2.out`, 'utf8')).toBe(`${jobs[1]?.directory}\n`);
  });

  it('runs nothing when its end is missing', () => {
    const [job] = [specOf(600, 1, 1, 'imaging/extract', base)];
    mkdirSync(job.directory, { recursive: true });
    writeFileSync(job.scriptPath, 'touch ran\n');
    const script = launchScript({ name: 'n', jobs: [job], indices: null }, {});
    const cut = script.slice(0, script.lastIndexOf('}'));
    const env = { PATH: '/usr/bin:/bin', SLURM_JOB_ID: '9' };
    writeFileSync(join(base, 'cut.sh'), cut);
    expect(() => execFileSync('/bin/sh', [join(base, 'cut.sh')], { env, stdio: 'pipe' })).toThrow();
    expect(existsSync(join(job.directory, 'ran'))).toBe(false);
    rmSync(job.directory, { recursive: true });
  });

  it('fails for a task that it does not have', () => {
    const script = launchScript({ name: 'n', jobs: [specOf(1), specOf(2)], indices: [0, 1] }, {});
    const env = {
      PATH: '/usr/bin:/bin',
      SLURM_JOB_ID: '9',
      SLURM_ARRAY_JOB_ID: '9',
      SLURM_ARRAY_TASK_ID: '2',
    };
    expect(() => execFileSync('/bin/sh', ['-s'], { input: script, env, stdio: 'pipe' })).toThrow(
      /no job script/,
    );
  });
});
