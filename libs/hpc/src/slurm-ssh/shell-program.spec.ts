import { execFileSync, spawnSync } from 'node:child_process';
import { buildProgram, posixChecksum, readAnswers, type CommandAnswer } from './shell-program.js';

const MARKER = 'c0ffee0123456789';
const SHELLS = ['sh', 'bash'];

const program = (
  argvs: readonly string[][],
  options: { stdin?: string; stopsAtFailure?: boolean } = {},
): string =>
  buildProgram({
    marker: MARKER,
    commands: argvs.map((argv) => ({ argv, stdin: options.stdin ?? null })),
    environment: { GREETING: "it's $HOME" },
    timeoutSeconds: 20,
    stopsAtFailure: options.stopsAtFailure ?? false,
  });

function run(shell: string, text: string): { stdout: Buffer; answers: CommandAnswer[] | null } {
  const { stdout } = spawnSync(shell, ['-s'], { input: text, maxBuffer: 2 ** 24 });
  return { stdout, answers: readAnswers(MARKER, stdout) };
}

describe.each(SHELLS)('a program in %s', (shell) => {
  it('brings back what each command printed, its errors apart, and its exit code', () => {
    const { answers } = run(
      shell,
      program([
        ['sh', '-c', 'echo out; echo err >&2; exit 3'],
        ['printf', 'no line end'],
      ]),
    );
    expect(answers).toEqual([
      { exit: 3, stdout: 'out', stderr: 'err\n' },
      { exit: 0, stdout: 'no line end', stderr: '' },
    ]);
  });

  it('passes arguments, environment and input on unchanged', () => {
    const stdin = ['#!/bin/sh', 'case $x in', '0) echo \'"`$(date)` \\ ;;', 'esac # ümlaut', ' '].join('\n');
    const argument = 'a\'b "c" $(date) `date` \\ -n *\nnext ümlaut';
    const text = program([['sh', '-c', 'printf "%s|%s|" "$1" "$GREETING"; cat', 'sh', argument]], { stdin });
    expect(run(shell, text).answers).toEqual([
      { exit: 0, stdout: `${argument}|it's $HOME|${stdin}`, stderr: '' },
    ]);
  });

  it('goes on after a command that failed, unless it is told to stop', () => {
    const commands = [['false'], ['echo', 'next']];
    expect(run(shell, program(commands)).answers?.map(({ exit }) => exit)).toEqual([1, 0]);
    expect(run(shell, program(commands, { stopsAtFailure: true })).answers?.map(({ exit }) => exit)).toEqual([
      1,
    ]);
    const withInput = program(commands, { stopsAtFailure: true, stdin: 'x' });
    expect(run(shell, withInput).answers?.map(({ exit }) => exit)).toEqual([1]);
  });

  it('says that a command is missing', () => {
    const [answer] = run(shell, program([['/nowhere/sbatch']])).answers ?? [];
    expect(answer).toMatchObject({ exit: 127, stdout: '' });
    expect(answer?.stderr).toContain('No such file');
  });

  it('ends a command that takes too long', () => {
    const text = program([['sleep', '30']]).replace("'20'", "'1'");
    expect(run(shell, text).answers).toEqual([{ exit: 124, stdout: '', stderr: '' }]);
  });

  it('gives commands nothing of what a profile sets but what the site presets', () => {
    const { stdout } = spawnSync(shell, ['-s'], {
      input: program([['env']]),
      env: {
        PATH: '/usr/bin:/bin',
        HOME: '/home/a b',
        SBATCH_ACCOUNT: "o'urs",
        SBATCH_ARRAY_INX: '0-9',
        SQUEUE_STATES: 'PD',
        LANG: 'de_DE.UTF-8',
      },
    });
    const seen = readAnswers(MARKER, stdout)?.[0]?.stdout.split('\n').sort();
    expect(seen).toEqual([
      "GREETING=it's $HOME",
      'HOME=/home/a b',
      'PATH=/usr/bin:/bin',
      "SBATCH_ACCOUNT=o'urs",
    ]);
  });

  it('runs nothing when it is cut off anywhere', () => {
    const text = program([['touch', '/dev/null'], ['cat']], { stdin: 'first line\nsecond line' });
    const whole = run(shell, text).answers;
    const called = text.length - 'meridian\n'.length;
    expect(whole?.map(({ stdout }) => stdout)).toEqual(['', 'first line\nsecond line']);
    for (let at = 0; at < called; at += 17) expect(run(shell, text.slice(0, at)).stdout.toString()).toBe('');
  });

  it('carries five megabytes', () => {
    const { answers } = run(shell, program([['sh', '-c', 'yes 0123456789abcde | head -c 5000000']]));
    expect(answers?.[0]?.stdout.length).toBe(4_999_999);
  });
});

describe('readAnswers', () => {
  const { stdout, answers } = run(
    'sh',
    program([
      ['echo', 'one'],
      ['sh', '-c', 'echo two; echo oops >&2'],
    ]),
  );

  it('finds them between the noise of a login shell', () => {
    const noisy = Buffer.concat([Buffer.from('Welcome!\n\n'), stdout, Buffer.from('logout\n')]);
    expect(readAnswers(MARKER, noisy)).toEqual(answers);
    expect(answers).toHaveLength(2);
  });

  it('is silent about every beginning of them', () => {
    for (let at = 0; at < stdout.length; at++) expect(readAnswers(MARKER, stdout.subarray(0, at))).toBeNull();
  });

  it('is silent when anything is among them', () => {
    const from = stdout.indexOf('begin\n') + 'begin\n'.length;
    const to = stdout.lastIndexOf(`\n${MARKER} end`);
    for (let at = from; at <= to; at++) {
      const harmed = Buffer.concat([stdout.subarray(0, at), Buffer.from('mail\n'), stdout.subarray(at)]);
      expect(readAnswers(MARKER, harmed)).toBeNull();
    }
  });

  it("is silent about another program's answers", () => {
    expect(readAnswers('0123456789c0ffee', stdout)).toBeNull();
  });
});

it.each(['', 'a', 'ümlaut', 'x'.repeat(70_000)])('posixChecksum is that of cksum', (text) => {
  const [sum] = execFileSync('cksum', { input: text }).toString().split(' ');
  expect(posixChecksum(Buffer.from(text))).toBe(Number(sum));
});
