import type { Command } from 'commander';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { stopLeftOvers } from '../supervisor/left-overs.js';
import { stopProcess } from '../supervisor/stop-process.js';
import { runningSupervisor } from '../supervisor/supervisor-record.js';

// A supervisor gives each daemon 15 s and PostgreSQL 30 s; then it may be killed, and the left-overs are stopped from here.
const PATIENCE_MS = 90_000;

export function addDownCommand(program: Command, run: Runner): void {
  program
    .command('down')
    .description('Stop what "meridian up" started, and wait until it is gone')
    .addHelpText('after', examples('down', 'down --home /data/meridian'))
    .action((_options: unknown, command: Command) => run(command, down));
}

async function down(context: CommandContext): Promise<ExitCode> {
  const running = runningSupervisor(context.home);
  if (
    running !== null &&
    !(await stopProcess(running, [
      ['SIGTERM', PATIENCE_MS],
      ['SIGKILL', 5_000],
    ]))
  ) {
    throw new CliError({
      message: `Process ${running.pid} does not stop.`,
      action: `End it yourself: kill -9 ${running.pid}`,
      exitCode: EXIT_CODES.other,
    });
  }
  const leftOvers = await stopLeftOvers(context.home);
  const stopped = running !== null || leftOvers.length > 0;
  if (context.json) printJson(context, { stopped, pid: running?.pid ?? null, left_overs: leftOvers });
  else
    context.terminal.print(
      stopped ? 'Meridian has stopped.' : `Meridian is not running in ${context.home.path}.`,
    );
  return EXIT_CODES.ok;
}
