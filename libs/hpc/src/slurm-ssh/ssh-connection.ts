import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, SFTPWrapper } from 'ssh2';
import { SlurmUnreachable } from '../slurm/slurm-client.js';
import { ChannelLimit } from './channel-limit.js';
import { ChannelRefused, runProgram, type RemoteOutput } from './remote-program.js';
import { logIn } from './ssh-login.js';
import type { SshSettings } from './ssh-settings.js';

export interface SshConnectionOptions {
  readonly settings: SshSettings;
  /** SSH_AUTH_SOCK of the process, for locations with `agent: true`. */
  readonly inheritedAgent?: string;
  /** Milliseconds of a clock that never jumps. */
  readonly now?: () => number;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const PAUSES_BETWEEN_CHANNELS_MS = [50, 100, 200, 400, 800, 1_600];
const MAX_ANSWER_BYTES = 64 * 1_048_576;

/**
 * The one connection to a site: opened when it is first needed, kept alive, opened again after it was lost.
 *
 * A site that is down is asked again after pauses that double up to half a minute; whoever calls meanwhile is told at once.
 */
export class SshConnection {
  private client: Promise<Client> | null = null;
  private readonly channels: ChannelLimit;
  private failures = 0;
  private pausedUntil = 0;
  private lastFailure: unknown = null;
  private isClosed = false;

  constructor(private readonly options: SshConnectionOptions) {
    this.channels = new ChannelLimit(options.settings.channels);
  }

  /**
   * Runs a shell program at the site.
   *
   * `timeoutMs`: for one that takes longer than the requests that the settings are made for.
   *
   * @throws SlurmUnreachable when nothing of it can have run, SlurmSilence when it may have
   */
  run(program: string, timeoutMs = this.timeoutMs): Promise<RemoteOutput> {
    return this.channels.use(async () => {
      const limits = { timeoutMs, maxBytes: MAX_ANSWER_BYTES };
      const output = await patiently(async () => runProgram(await this.connected(), program, limits));
      this.isUseful();
      return output;
    });
  }

  /** @throws SlurmUnreachable when there is no SFTP; else whatever `work` throws */
  withSftp<T>(work: (sftp: SFTPWrapper) => Promise<T>): Promise<T> {
    return this.channels.use(async () => {
      const sftp = await patiently(async () => openSftp(await this.connected(), this.timeoutMs));
      this.isUseful();
      try {
        return await work(sftp);
      } finally {
        sftp.end();
      }
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const client = await this.client?.catch(() => null);
    if (client === undefined || client === null) return;
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(() => client.destroy(), 1000);
      client.once('close', () => {
        clearTimeout(deadline);
        resolve();
      });
      client.end();
    });
  }

  private isUseful(): void {
    this.failures = 0;
    this.pausedUntil = 0;
  }

  private get timeoutMs(): number {
    return this.options.settings.timeoutSeconds * 1000;
  }

  private connected(): Promise<Client> {
    if (this.isClosed) throw new SlurmUnreachable('the connection to the site was closed by Meridian');
    if (this.client !== null) return this.client;
    const now = this.options.now ?? (() => performance.now());
    if (now() < this.pausedUntil) throw this.lastFailure;
    // Counts as failed until something was answered: a host that takes logins and then hangs up is no better than one that is down.
    if (this.failures > 0) this.pausedUntil = now() + pauseMs(this.failures);
    this.failures += 1;
    const opening = logIn(this.options.settings, this.options.inheritedAgent, () => {
      if (this.client === opening) this.client = null;
    });
    this.client = opening;
    this.lastFailure = new SlurmUnreachable('the connection to the site was lost');
    opening.catch((error: unknown) => {
      this.client = null;
      this.lastFailure = error;
      this.pausedUntil = now() + pauseMs(this.failures);
    });
    return opening;
  }
}

/**
 * Asks again for a channel that was refused: a server counts channels until it has cleaned up after them, which on a busy machine is later
 * than we have seen them closed.
 */
async function patiently<T>(open: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_BETWEEN_CHANNELS_MS) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof ChannelRefused)) throw error;
      await sleep(pause);
    }
  }
  return open();
}

const pauseMs = (failures: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));

function openSftp(client: Client, timeoutMs: number): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new SlurmUnreachable(`the site opened no SFTP: ${why}`));
    const timer = setTimeout(() => fail('no answer'), timeoutMs);
    client.sftp((error, sftp) => {
      clearTimeout(timer);
      if (error === undefined) resolve(sftp);
      else reject(new ChannelRefused(`the site opened no SFTP: ${error.message}`));
    });
  });
}
