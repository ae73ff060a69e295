import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import type { DomainError } from '../shared/domain-error.js';
import {
  apptainerCommand,
  containerVariables,
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
    argv: ['tool', '--flag', 'a b'],
  };

  it('on the host is the arguments as they are', () => {
    expect(hostCommand(['tool', '--flag', 'a b'])).toEqual(['tool', '--flag', 'a b']);
  });

  it('in a container has everything of the host shut out but what is mounted', () => {
    expect(apptainerCommand(command)).toEqual([
      'apptainer',
      '--quiet',
      'exec',
      '--cleanenv',
      '--no-home',
      '--containall',
      '--no-eval',
      '--mount',
      'type=bind,"source=/b/12.1/input","destination=/workflow/input",ro',
      '--mount',
      'type=bind,"source=/b/12.1/output","destination=/workflow/output"',
      '--pwd',
      '/workflow',
      '/images/tool.sif',
      'tool',
      '--flag',
      'a b',
    ]);
  });

  it('may use singularity', () => {
    expect(apptainerCommand({ ...command, program: 'singularity' })[0]).toBe('singularity');
  });

  it('mounts a directory whatever its name holds', () => {
    const bind = { source: '/a:b,ro "c"\n-x', target: '/y', readOnly: true };
    expect(apptainerCommand({ ...command, binds: [bind] })).toContain(
      'type=bind,"source=/a:b,ro ""c""\n-x","destination=/y",ro',
    );
  });

  it.each(['relative', '', '/a\r\nb', '/a\0b', '-x'])('refuses to mount %j', (path) => {
    const bind = { source: '/x', target: '/y', readOnly: false };
    expect(codeOf(() => apptainerCommand({ ...command, binds: [{ ...bind, source: path }] }))).toBe(
      'command.unsafe_bind',
    );
    expect(codeOf(() => apptainerCommand({ ...command, binds: [{ ...bind, target: path }] }))).toBe(
      'command.unsafe_bind',
    );
  });

  it.each(['', '--writable', 'tool.sif', 'docker://x'])('refuses the image %j', (image) => {
    expect(codeOf(() => apptainerCommand({ ...command, image }))).toBe('command.invalid_image');
  });
});

describe('the variables of a container', () => {
  it('have any value, under the names that the runtime passes on', () => {
    const environment = { X: 'a,Y="b"\n$(id)' };
    expect(containerVariables('apptainer', environment)).toEqual({ APPTAINERENV_X: environment.X });
    expect(containerVariables('singularity', environment)).toEqual({ SINGULARITYENV_X: environment.X });
  });

  it('do not end a line with CR LF, which the container would not keep', () => {
    expect(codeOf(() => containerVariables('apptainer', { X: 'a\r\nb' }))).toBe('command.unsafe_environment');
  });

  it.each(['X Y', '', '1X', 'X=Y'])('cannot be called %j', (name) => {
    expect(codeOf(() => containerVariables('apptainer', { [name]: '1' }))).toBe('command.unsafe_environment');
  });
});
