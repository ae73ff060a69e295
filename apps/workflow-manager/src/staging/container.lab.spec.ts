import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, truncateSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withWordsOfProgram, type Failure } from '@meridian/core';
import { labFacts } from '@meridian/hpc/testing';
import type { ClaimedRun, RunInput } from '@meridian/ops-db';
import { aClaimedRun, anInput } from '../testing/claimed-run.js';
import {
  hasText,
  labSpace,
  removeLabSpace,
  startInLab,
  until,
  writeInto,
  type LabAttempt,
} from '../testing/lab-attempt.js';

jest.setTimeout(60_000);

describe('a staged attempt in a real container', () => {
  const { image } = labFacts();
  let space: string;
  let base: string;
  let nextRun = 1;
  beforeAll(() => {
    space = labSpace();
    base = join(space, 'it\'s "a: base", $(touch pwned)');
    mkdirSync(base);
  });
  afterAll(() => removeLabSpace(space));

  const start = (options: Partial<ClaimedRun>, inputs: RunInput[] = []): Promise<LabAttempt> =>
    startInLab(aClaimedRun(base, nextRun++, { imageRef: image, ...options }), inputs);
  const finish = async (options: Partial<ClaimedRun>, inputs: RunInput[] = []): Promise<LabAttempt> => {
    const attempt = await start(options, inputs);
    await attempt.ended;
    return attempt;
  };
  const shell = (script: string): string[] => ['sh', '-c', script];
  const node = (script: string): string[] => ['node', '-e', script];

  it.each([0, 1, 65, 75, 113, 126, 127, 128, 254, 255])(
    'its exit code %i is that of the program',
    async (code) => {
      const attempt = await finish({ command: shell(`exit ${code}`) });
      expect(attempt.record().exitCode).toBe(code);
    },
  );

  it('it has the variables that it was given, whatever they hold', async () => {
    const environment = {
      COMMAND: '$(touch /workflow/output/pwned) `id` $HOME ${PATH}',
      LIST: 'a,b=c,D=e',
      QUOTES: `"double" 'single' \\back\\slash \\n`,
      LINES: 'one\n\ntwo\rthree\n',
      UNICODE: '☃ ünï \u202e',
      EMPTY: '',
      BLANKS: '  a  ',
      DASH: '-rf --',
      LONG: 'x'.repeat(100_000),
      PATH: '/opt/mine:/usr/local/bin:/usr/bin:/bin',
      TMPDIR: '/workflow/scratch',
    };
    const script = `require('fs').writeFileSync(process.env.WORKFLOW_OUTPUT_DIR + '/env.json', JSON.stringify(process.env))`;
    const attempt = await finish({ command: node(script), environment });
    expect(attempt.read('logs/stderr.log')).toBe('');
    const seen = JSON.parse(attempt.read('output/env.json')) as Record<string, string>;
    expect(seen).toMatchObject({
      ...environment,
      WORKFLOW_RUN_ID: String(nextRun - 1),
      WORKFLOW_STEP: 'grid',
    });
    expect(Object.keys(seen)).not.toContain('SLURM_JOB_ID');
    expect(readdirSync(join(attempt.directory, 'output'))).toEqual(['env.json']);
  });

  it('it reads every input, wherever it lies and whatever the way there, and can change none', async () => {
    const names = [
      'a:b',
      'a,ro',
      'q"uote',
      "it's",
      ' blank ',
      'line\nbreak',
      '☃',
      '-rf',
      'back\\slash',
      '$(id)',
      '*',
    ];
    const archive = join(space, 'archive: "one", two');
    const inputs = names.map((name, index) =>
      anInput(index + 1, {
        basePath: archive,
        path: `${name}/f`,
        sizeBytes: writeInto(join(archive, name, 'f'), name),
      }),
    );
    // A registered file that is a link out of its location, by way of another.
    const tape = join(space, 'tape/2026/f');
    const sizeBytes = writeInto(tape, 'on tape');
    mkdirSync(join(space, 'disk'));
    symlinkSync(tape, join(space, 'disk/f'));
    symlinkSync('../../disk/f', join(archive, 'a:b/linked'));
    inputs.push(anInput(90, { basePath: archive, path: 'a:b/linked', sizeBytes }));
    // A location whose base is a link.
    symlinkSync(join(space, 'tape'), join(space, 'reel'));
    inputs.push(anInput(91, { basePath: join(space, 'reel'), path: '2026/f', sizeBytes }));
    // What an earlier step left at the processing location itself.
    const upstream = join(base, 'maps/m17/earlier/1.1/output/f');
    inputs.push(
      anInput(92, {
        basePath: base,
        path: 'maps/m17/earlier/1.1/output/f',
        sizeBytes: writeInto(upstream, 'up'),
      }),
    );
    const script = `
      for f in "$WORKFLOW_INPUT_DIR"/*; do
        cat "$f" >>"$WORKFLOW_OUTPUT_DIR/all" || exit 1
        if true 2>/dev/null >>"$f"; then echo "$f can be written" >&2; fi
      done
      if rm -f "$WORKFLOW_INPUT_DIR"/* 2>/dev/null; then echo "inputs can be removed" >&2; fi
      echo changed 2>/dev/null >"$WORKFLOW_MANIFEST" && echo "the manifest can be written" >&2; exit 0`;
    const attempt = await finish({ command: shell(script) }, inputs);
    expect(attempt.read('logs/stderr.log')).toBe('');
    expect(attempt.record().exitCode).toBe(0);
    const all = attempt.read('output/all');
    for (const text of [...names, 'on tapeon tape', 'up']) expect(all).toContain(text);
  });

  it('it cannot change an input on a file system that is mounted inside a location', async () => {
    const archive = join(space, 'mounts');
    writeInto(join(archive, 'near/f'), 'near');
    mkdirSync(join(archive, 'far'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=777', 'meridian-test', join(archive, 'far')]);
    try {
      writeInto(join(archive, 'far/f'), 'far');
      execFileSync('chmod', ['666', join(archive, 'far/f')]);
      const inputs = ['near', 'far'].map((name, index) =>
        anInput(index + 1, { basePath: archive, path: `${name}/f`, sizeBytes: name.length }),
      );
      const script = 'cd "$WORKFLOW_INPUT_DIR"; cat *; for f in *; do echo spoilt >"$f"; done';
      const attempt = await finish({ command: shell(script) }, inputs);
      expect(attempt.read('logs/stdout.log')).toBe('nearfar');
      expect(attempt.read('logs/stderr.log').match(/read-only file system/gi)).toHaveLength(2);
      expect(execFileSync('cat', [join(archive, 'far/f')], { encoding: 'utf8' })).toBe('far');
    } finally {
      execFileSync('umount', [join(archive, 'far')]);
    }
  });

  it('an intermediate step writes into its attempt alone, and sees what other steps left in the workspace', async () => {
    const script = 'echo mine >"$WORKFLOW_OUTPUT_DIR/f"; echo shared >"$WORKFLOW_WORKSPACE_DIR/note"; pwd';
    const attempt = await finish({ command: shell(script), isFinalStep: false });
    expect(attempt.read('logs/stdout.log')).toBe('/workflow\n');
    expect(attempt.read('output/f')).toBe('mine\n');
    expect(attempt.read('../../workspace/test1/note')).toBe('shared\n');
  });

  it('a program in a folder of its own runs in an image that only has what it runs with', async () => {
    const program = join(space, 'program, "v1"');
    writeInto(join(program, 'lib/say.mjs'), `export const say = (text) => console.log(text);`);
    writeInto(
      join(program, 'main.mjs'),
      `import { writeFileSync } from 'node:fs';
       import { say } from './lib/say.mjs';
       say(import.meta.url);
       try { writeFileSync(new URL('./spoilt', import.meta.url), ''); } catch (error) { say(error.code); }`,
    );
    const attempt = await finish({ command: ['node', '{software_dir}/main.mjs'], hostDirectory: program });
    expect(attempt.read('logs/stdout.log')).toBe('file:///workflow/software/main.mjs\nEROFS\n');
  });

  it('a program that is told to stop can do so: once, with its image still there', async () => {
    const script = `
      trap 'echo stopping; ls /usr/bin >/dev/null && echo "the image is there"; sleep 1; exit 7' TERM
      echo ready; sleep 60 & wait`;
    const attempt = await start({ command: shell(script) });
    await until(() => hasText(join(attempt.directory, 'logs/stdout.log'), 'ready'));
    attempt.job.kill('SIGTERM');
    expect(await attempt.ended).toBe(7);
    expect(attempt.read('logs/stdout.log')).toBe('ready\nstopping\nthe image is there\n');
    expect(attempt.record()).toMatchObject({ exitCode: 7, wasStopped: true });
  });

  it('its memory is measured through the container', async () => {
    const attempt = await finish({
      command: node('const block = Buffer.alloc(150e6, 1); setTimeout(() => block.length, 3500)'),
    });
    const { peakMemoryMb } = attempt.record();
    expect(peakMemoryMb).toBeGreaterThan(150);
    expect(peakMemoryMb).toBeLessThan(500);
  });

  describe('that the runtime cannot start', () => {
    const failureOf = async (
      options: Partial<ClaimedRun>,
      spoil: (run: string) => void,
    ): Promise<Failure> => {
      const copy = join(space, `spoilt-${nextRun}.sif`);
      await copyFile(image, copy);
      spoil(copy);
      const attempt = await finish({ imageRef: copy, ...options });
      const { exitCode } = attempt.record();
      expect(exitCode).toBe(255);
      const failure = { class: 'SOFTWARE', reason: 'the program failed' } as const;
      return withWordsOfProgram(failure, attempt.read('logs/stderr.log'), exitCode);
    };
    const START = 'the container could not start the program: ';

    it('says so of an image that is cut short', async () => {
      const failure = await failureOf({}, (path) => truncateSync(path, 1_000_000));
      expect(failure).toMatchObject({ class: 'INFRASTRUCTURE', reason: expect.stringContaining(START) });
    });

    it('says so of an image that is none', async () => {
      const failure = await failureOf({}, (path) => truncateSync(path, 10));
      expect(failure).toMatchObject({
        class: 'SOFTWARE',
        reason: expect.stringContaining('format not recognized'),
      });
    });

    it('says so of a program that is not in the image', async () => {
      const failure = await failureOf({ command: ['no-such-tool'] }, () => undefined);
      expect(failure).toMatchObject({ class: 'SOFTWARE', reason: expect.stringContaining('"no-such-tool"') });
    });
  });
});
