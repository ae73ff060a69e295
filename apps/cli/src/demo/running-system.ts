import { join } from 'node:path';
import type { ApiClient } from '../api/api-client.js';
import { connect } from '../api/connect.js';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { CommandContext } from '../command-context.js';
import type { Home } from '../supervisor/home.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { runningSupervisor } from '../supervisor/supervisor-record.js';
import { waitUntil } from '../supervisor/wait-until.js';

/** A demo is watched by somebody: daemons look for ended jobs more often than a standing system has to. */
const DEMO_SETTINGS = { MERIDIAN_POLL_INTERVAL_MS: '500' };
/** Long enough for the supervisor to bring the API and the database back after both died. */
const RESTART_PATIENCE_MS = 60_000;

/**
 * Does some work with a running system: the one of the home (or of MERIDIAN_API_URL), or else one that is started for
 * it and stopped afterwards, whatever happens.
 */
export async function withRunningSystem<Result>(
  context: CommandContext,
  work: (client: ApiClient) => Promise<Result>,
): Promise<Result> {
  const client = (): ApiClient => connect({ ...context, patienceMs: RESTART_PATIENCE_MS });
  await waitUntil(() => !isChanging(context.home), { timeoutMs: 90_000 });
  const running = runningSupervisor(context.home);
  if (running !== null || context.env['MERIDIAN_API_URL'] !== undefined) {
    return work(client());
  }
  context.terminal.note(
    `Starting Meridian in ${context.home.path} (logs in ${join(context.home.path, 'logs')}) …`,
  );
  const supervisor = await Supervisor.start({
    home: context.home,
    env: { ...DEMO_SETTINGS, ...context.env },
    // Its log files have everything; here only what went wrong is of interest.
    log: (source, line) => {
      if (line.startsWith('ended unexpectedly')) context.terminal.note(`${source} ${line}`);
    },
  });
  try {
    return await work(client());
  } finally {
    await supervisor.stop();
  }
}

const isChanging = (home: Home): boolean => {
  const state = runningSupervisor(home)?.state;
  return state === 'starting' || state === 'stopping';
};

/** Runs work until it is done or a signal arrives; then `signal.aborted` tells the work to end. */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    controller.abort(
      new CliError({
        message: `Interrupted by ${name}.`,
        action: 'Start the same command again: it goes on where it was.',
        exitCode: EXIT_CODES.other,
      }),
    );
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
}
