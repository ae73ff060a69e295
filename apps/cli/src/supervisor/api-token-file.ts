import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { CliError, EXIT_CODES } from '../cli-error.js';
import type { Home } from './home.js';
import { writePrivately } from './home.js';
import { API } from './programs.js';
import { runProgram } from './run-program.js';

/** The API token of a home; null when it has none yet. */
export const readToken = (home: Home): string | null =>
  existsSync(home.token) ? readFileSync(home.token, 'utf8').trim() : null;

/**
 * Makes sure that the home's token file (mode 0600) holds a token that the running API accepts.
 *
 * A new one is made when there is none, or when the database behind the API is another one than before.
 */
export async function ensureToken({
  home,
  apiUrl,
  env,
}: {
  home: Home;
  apiUrl: string;
  env: NodeJS.ProcessEnv;
}): Promise<void> {
  const existing = readToken(home);
  if (existing !== null && (await isAccepted(apiUrl, existing))) return;
  const args = ['--name', tokenNameOf(home), '--role', 'admin', '--replace'];
  const output = await runProgram({ app: API, script: 'create-token', args, env });
  const token = /mrd_[A-Za-z0-9_-]{43}/.exec(output)?.[0];
  if (token === undefined) {
    throw new CliError({
      message: 'create-token did not print a token.',
      action: 'Build again with "npm run build": the programs of this checkout do not belong together.',
      exitCode: EXIT_CODES.other,
    });
  }
  writePrivately(home.token, `${token}\n`);
}

// One name for each home on each machine: several of them may share an external database.
function tokenNameOf(home: Home): string {
  const place = createHash('sha256').update(`${hostname()}:${home.path}`).digest('hex').slice(0, 8);
  return `local-${hostname()
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, 60)}-${place}`;
}

async function isAccepted(apiUrl: string, token: string): Promise<boolean> {
  const answer = await fetch(`${apiUrl}/api/v1/pipelines?limit=1`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  });
  await answer.body?.cancel();
  return answer.status !== 401;
}
