import { CliError, EXIT_CODES } from '../cli-error.js';
import { readToken } from '../supervisor/api-token-file.js';
import type { Home } from '../supervisor/home.js';
import { runningSupervisor } from '../supervisor/supervisor-record.js';
import { ApiClient } from './api-client.js';

export interface ConnectOptions {
  readonly home: Home;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long a call may be repeated while the API does not answer. */
  readonly patienceMs?: number;
}

/** The API that MERIDIAN_API_URL and MERIDIAN_API_TOKEN name, else the one that runs in the home. */
export function connect({ home, env, patienceMs }: ConnectOptions): ApiClient {
  const running = runningSupervisor(home);
  const url = env['MERIDIAN_API_URL'] ?? running?.api_url ?? null;
  if (url === null) throw notRunning(home, running !== null);
  const token = env['MERIDIAN_API_TOKEN'] ?? (env['MERIDIAN_API_URL'] === undefined ? readToken(home) : null);
  if (token === null) {
    throw new CliError({
      message: `There is no API token for ${url}.`,
      action: 'Set MERIDIAN_API_TOKEN; somebody with the role admin makes one with "meridian token create".',
      exitCode: EXIT_CODES.usage,
    });
  }
  return new ApiClient(url, token, patienceMs);
}

const notRunning = (home: Home, starting: boolean): CliError =>
  new CliError({
    message: starting
      ? `Meridian in ${home.path} is still starting.`
      : `Meridian is not running in ${home.path}.`,
    action: starting
      ? 'Try again in a few seconds; "meridian doctor" shows what it is doing.'
      : 'Start it with "meridian up --detach", or name a running one with MERIDIAN_API_URL and MERIDIAN_API_TOKEN.',
    exitCode: EXIT_CODES.usage,
  });
