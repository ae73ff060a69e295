import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { ExitCode } from '../cli-error.js';
import { examples, printJson } from '../command-context.js';
import type { CommandContext, Runner } from '../command-context.js';
import { createHome } from '../supervisor/home.js';
import { tailOf } from '../supervisor/log-file.js';
import { readableLogLine } from '../supervisor/log-line.js';
import { API, DAEMONS } from '../supervisor/programs.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { runningSupervisor } from '../supervisor/supervisor-record.js';
import { waitUntil } from '../supervisor/wait-until.js';
import type { Terminal } from '../terminal/terminal.js';

export function addUpCommand(program: Command, run: Runner): void {
  program
    .command('up')
    .description('Run everything on this machine: PostgreSQL, the API and the three daemons')
    .option('-d, --detach', 'run in the background; return when it is ready')
    .addHelpText(
      'after',
      examples('up', 'up --detach', 'DATABASE_URL=postgresql://… meridian up').replace(
        '$ meridian DATABASE',
        '$ DATABASE',
      ),
    )
    .action((options: { detach?: boolean }, command: Command) =>
      run(command, options.detach === true ? upDetached : upInForeground),
    );
}

async function upInForeground(context: CommandContext): Promise<ExitCode> {
  const stopRequested = stopSignal();
  const supervisor = await Supervisor.start({
    home: context.home,
    env: context.env,
    log: processLog(context.terminal),
  });
  context.terminal.note(
    `Meridian runs at ${supervisor.apiUrl} (state in ${context.home.path}). Ctrl-C stops it.`,
  );
  const signal = await stopRequested;
  context.terminal.note(`${signal}: stopping …`);
  await supervisor.stop();
  return EXIT_CODES.ok;
}

/** Resolves with the first signal that asks this process to stop; later ones are ignored while it does. */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}

/** Writes log lines of several processes to standard error, each under its coloured name. */
export function processLog(terminal: Terminal): (source: string, line: string) => void {
  const { colors } = terminal;
  const palette = [colors.cyan, colors.magenta, colors.yellow, colors.green, colors.blue];
  const names = [API, ...DAEMONS, 'postgres'];
  const width = Math.max(...names.map((name) => name.length));
  return (source, line) => {
    const color = palette[names.indexOf(source)] ?? colors.bold;
    terminal.note(`${color(source.padEnd(width))} ${readableLogLine(line)}`);
  };
}

async function upDetached(context: CommandContext): Promise<ExitCode> {
  const running = runningSupervisor(context.home);
  if (running?.state === 'ready') return report(context, true);
  createHome(context.home);
  const logFile = join(context.home.logs, 'supervisor.log');
  const log = openSync(logFile, 'a', 0o600);
  const entry = process.argv[1] ?? '';
  const child = spawn(process.execPath, [entry, 'up', '--home', context.home.path], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...context.env, NO_COLOR: '1' },
    cwd: context.cwd,
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  await waitUntil(() => ended || runningSupervisor(context.home)?.state === 'ready', { timeoutMs: 120_000 });
  child.unref();
  if (runningSupervisor(context.home)?.state === 'ready') return report(context, false);
  throw new CliError({
    message: `Meridian did not start. The end of its log:\n${tailOf(logFile, 8)}`,
    action: `Read ${logFile}; "meridian doctor" checks the machine.`,
    exitCode: EXIT_CODES.other,
  });
}

function report(context: CommandContext, already: boolean): ExitCode {
  const record = runningSupervisor(context.home);
  if (context.json)
    printJson(context, {
      api_url: record?.api_url,
      home: context.home.path,
      pid: record?.pid,
      already_running: already,
    });
  else
    context.terminal.print(
      `Meridian ${already ? 'is already running' : 'runs'} at ${record?.api_url ?? '?'} (process ${record?.pid ?? '?'}). Stop it with "meridian down".`,
    );
  return EXIT_CODES.ok;
}
