import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../api/api-client.js';
import type { Kill } from '../api/api-types.js';
import { CliError } from '../cli-error.js';
import { ProblemError } from '../api/problem-error.js';
import { formatDuration } from '../terminal/formats.js';
import type { Terminal } from '../terminal/terminal.js';
import { progressOfKill } from './render-kill.js';

const POLL_MS = 500;
/** A site may be away for hours, and an API may be started again meanwhile. */
const API_PATIENCE_MS = 10 * 60_000;

export interface WaitForKillOptions {
  readonly client: ApiClient;
  readonly terminal: Terminal;
  readonly showProgress: boolean;
}

/** Waits until a kill is not open any more, however long that takes, and says how far it is. */
export async function waitForKill(opened: Kill, options: WaitForKillOptions): Promise<Kill> {
  const startedAt = performance.now();
  let said = '';
  let kill = opened;
  while (kill.state === 'open') {
    const progress = progressOfKill(kill);
    const elapsed = formatDuration((performance.now() - startedAt) / 1000);
    if (options.showProgress) said = say(options.terminal, { said, progress, elapsed });
    await sleep(POLL_MS);
    kill = await look(options.client, kill.id);
  }
  if (options.showProgress && options.terminal.isLive) options.terminal.draw('\r\u001b[2K');
  return kill;
}

function say(
  terminal: Terminal,
  { said, progress, elapsed }: { said: string; progress: string; elapsed: string },
): string {
  if (terminal.isLive) terminal.draw(`\r\u001b[2K${`${progress}  ${elapsed}`.slice(0, terminal.width - 1)}`);
  else if (said !== progress) terminal.note(`[${elapsed}] ${progress}`);
  return progress;
}

async function look(client: ApiClient, id: number): Promise<Kill> {
  const deadline = performance.now() + API_PATIENCE_MS;
  for (;;) {
    try {
      return await client.get<Kill>(`/kills/${id}`);
    } catch (error) {
      const mayPass = error instanceof ProblemError ? error.status >= 500 : error instanceof CliError;
      if (!mayPass || performance.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}
