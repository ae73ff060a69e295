import { messageOf } from '@meridian/core';
import { CommanderError } from 'commander';
import { ProblemError } from './api/problem-error.js';
import { CliError, EXIT_CODES } from './cli-error.js';
import type { ExitCode } from './cli-error.js';
import type { Environment } from './command-context.js';
import { buildProgram } from './program.js';
import type { Terminal } from './terminal/terminal.js';

export interface CliOptions {
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly cwd: string;
}

/** Runs one command line and gives back its exit code; every failure has been explained on standard error by then. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT_CODES.ok;
  const program = buildProgram(options, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    explain(error, options.terminal, options.env);
    return error instanceof CliError ? error.exitCode : EXIT_CODES.other;
  }
}

function explain(error: unknown, terminal: Terminal, env: Environment): void {
  const { colors } = terminal;
  const code = error instanceof ProblemError ? ` ${colors.dim(`(${error.code})`)}` : '';
  terminal.note(`${colors.red('error:')} ${messageOf(error)}${code}`);
  if (!(error instanceof CliError)) {
    if (env['MERIDIAN_DEBUG'] !== undefined && error instanceof Error) terminal.note(error.stack ?? '');
    terminal.note(
      `${colors.bold('next:')}  Try again with MERIDIAN_DEBUG=1 and report what it prints; "meridian doctor" checks this machine.`,
    );
    return;
  }
  for (const { path, message, code: problemCode } of error.problems)
    terminal.note(`  ${colors.bold(path)}: ${message} ${colors.dim(`(${problemCode})`)}`);
  terminal.note(`${colors.bold('next:')}  ${error.action}`);
}
