import type { Command } from 'commander';
import type { ApiClient } from './api/api-client.js';
import type { ExitCode } from './cli-error.js';
import type { Home } from './supervisor/home.js';
import type { Terminal } from './terminal/terminal.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command works with; made from the global options when it is called. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: Environment;
  readonly cwd: string;
  readonly home: Home;
  /** The answer is for a program: one JSON document on standard output, everything else on standard error. */
  readonly json: boolean;
  /** Redrawn progress is welcome (`--no-progress` was not given). */
  readonly progress: boolean;
  /** The API of the home, or the one that the environment names; a CliError when there is none. */
  readonly connect: () => ApiClient;
}

/** Runs an action with the context of the command it belongs to, and keeps its exit code. */
export type Runner = (
  command: Command,
  action: (context: CommandContext) => Promise<ExitCode>,
) => Promise<void>;

/** Writes a value as the JSON answer of a `--json` call. */
export const printJson = (context: Pick<CommandContext, 'terminal'>, value: unknown): void =>
  context.terminal.print(JSON.stringify(value, null, 2));

/** The examples at the end of a command's `--help`. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ meridian ${line}`).join('\n')}`;
