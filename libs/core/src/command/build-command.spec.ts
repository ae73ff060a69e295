import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import type { DomainError } from '../shared/domain-error.js';
import {
  apptainerCommand,
  fillCommand,
  hostCommand,
  quoteShell,
  type ContainerCommand,
} from './build-command.js';

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as DomainError).code;
  }
};

describe('fillCommand', () => {
  it('replaces every name, and keeps one word one argument', () => {
    expect(
      fillCommand(['run', '--in={input_dir}', '{input_dir}{manifest}'], { input_dir: '/a b', manifest: 'm' }),
    ).toEqual(['run', '--in=/a b', '/a bm']);
  });

  it('never reads a value as a template', () => {
    expect(fillCommand(['{a}'], { a: '{b} $& $1', b: 'no' })).toEqual(['{b} $& $1']);
  });

  it('leaves braces alone that hold no name', () => {
    expect(fillCommand(['{"a": 1}', '{}', '{ x }'], {})).toEqual(['{"a": 1}', '{}', '{ x }']);
  });

  it.each(['{nope}', '{constructor}', '{__proto__}'])('refuses %s', (word) => {
    expect(codeOf(() => fillCommand([word], { input_dir: '/a' }))).toBe('software.unknown_placeholder');
  });
});

describe('quoteShell', () => {
  const throughShell = (argv: readonly string[]): string[] => {
    const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${quoteShell(argv)}`], { encoding: 'utf8' });
    return stdout.split('\0').slice(0, -1);
  };

  it.each(['/d/$(rm -rf ~) "x"; echo hi', '', "'", "''", '-n', 'a\nb\n', '`id`', '\\', '☃', '*', '%s', '!'])(
    '%j comes out of a real shell unchanged',
    (word) => {
      expect(throughShell(['first', word, 'last'])).toEqual(['first', word, 'last']);
    },
  );

  it('any list of arguments comes out unchanged', () => {
    const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (argv) => expect(throughShell(argv)).toEqual(argv)),
      { numRuns: 40 },
    );
  });

  it('refuses what no argument can hold', () => {
    expect(codeOf(() => quoteShell(['a\0b']))).toBe('command.invalid_argument');
  });
});

describe('a command', () => {
  const command: ContainerCommand = {
    image: '/images/tool.sif',
    binds: [
      { source: '/b/12.1/input', target: '/workflow/input', readOnly: true },
      { source: '/b/12.1/output', target: '/workflow/output', readOnly: false },
    ],
    environment: { WORKFLOW_RUN_ID: '12', OPTIONS: '-x a=1' },
    argv: ['tool', '--flag', 'a b'],
  };

  it('on the host is the arguments as they are', () => {
    expect(hostCommand(['tool', '--flag', 'a b'])).toEqual(['tool', '--flag', 'a b']);
  });

  it('in a container has everything of the host shut out but what is bound', () => {
    expect(apptainerCommand(command)).toEqual([
      'apptainer',
      'exec',
      '--cleanenv',
      '--no-home',
      '--containall',
      '--bind',
      '/b/12.1/input:/workflow/input:ro',
      '--bind',
      '/b/12.1/output:/workflow/output',
      '--env',
      'WORKFLOW_RUN_ID=12',
      '--env',
      'OPTIONS=-x a=1',
      '--pwd',
      '/workflow',
      '/images/tool.sif',
      'tool',
      '--flag',
      'a b',
    ]);
  });

  it('may use singularity, and images of a registry', () => {
    const argv = apptainerCommand({
      ...command,
      program: 'singularity',
      image: 'docker://ghcr.io/a/b@sha256:0',
    });
    expect([argv[0], argv.at(-4)]).toEqual(['singularity', 'docker://ghcr.io/a/b@sha256:0']);
  });

  it.each(['/a:b', '/a,b', 'relative', '/a"b', '/a\nb', '/a\\b', ''])('refuses to mount %j', (path) => {
    const bind = { source: '/x', target: '/y', readOnly: false };
    expect(codeOf(() => apptainerCommand({ ...command, binds: [{ ...bind, source: path }] }))).toBe(
      'command.unsafe_bind',
    );
    expect(codeOf(() => apptainerCommand({ ...command, binds: [{ ...bind, target: path }] }))).toBe(
      'command.unsafe_bind',
    );
  });

  it.each([{ X: 'a,Y=b' }, { X: '"' }, { X: 'a\nb' }, { 'X Y': '1' }, { '': '1' }])(
    'refuses the environment %j',
    (environment) => {
      expect(codeOf(() => apptainerCommand({ ...command, environment }))).toBe('command.unsafe_environment');
    },
  );

  it.each(['', '--writable', 'tool.sif', 'shub://x'])('refuses the image %j', (image) => {
    expect(codeOf(() => apptainerCommand({ ...command, image }))).toBe('command.invalid_image');
  });
});
