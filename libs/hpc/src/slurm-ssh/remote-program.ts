import { messageOf } from '@meridian/core';
import type { Client, ClientChannel } from 'ssh2';
import { SlurmSilence, SlurmUnreachable } from '../slurm/slurm-client.js';

/** The site lets no further channel into this connection at the moment; nothing was sent. */
export class ChannelRefused extends SlurmUnreachable {}

/** What a program did at the other end. */
export interface RemoteOutput {
  /** Null when a signal ended it, and when nobody said how it ended: the connection was lost. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface RemoteLimits {
  readonly timeoutMs: number;
  /** Of stdout and stderr together. */
  readonly maxBytes: number;
}

/**
 * Runs a program in a `/bin/sh` at the other end of a connection, whatever the login shell is.
 *
 * @throws SlurmUnreachable while the program was not sent yet, so that nothing of it can have run;
 * SlurmSilence after that: no answer in time, or one that is too long
 */
export function runProgram(client: Client, program: string, limits: RemoteLimits): Promise<RemoteOutput> {
  return new Promise((resolve, reject) => {
    let channel: ClientChannel | null = null;
    let isSettled = false;
    const settle = (end: () => void): void => {
      if (!isSettled) end();
      isSettled = true;
      clearTimeout(timer);
    };
    const fail = (why: string): void => {
      const error = channel === null ? new SlurmUnreachable(why) : new SlurmSilence(why);
      settle(() => reject(error));
      channel?.close();
    };
    const timer = setTimeout(() => fail(`no answer within ${limits.timeoutMs / 1000} s`), limits.timeoutMs);
    try {
      // A connection that is lost meanwhile calls back with an error, and closes the channel if there is one.
      client.exec('exec /bin/sh -s', (error, opened) => {
        if (error !== undefined)
          return settle(() => reject(new ChannelRefused(`no channel could be opened: ${error.message}`)));
        if (isSettled) return opened.close();
        channel = opened;
        collect(opened, limits.maxBytes, fail, (output) => settle(() => resolve(output)));
        opened.end(program);
      });
    } catch (error) {
      fail(messageOf(error));
    }
  });
}

function collect(
  channel: ClientChannel,
  maxBytes: number,
  fail: (why: string) => void,
  done: (output: RemoteOutput) => void,
): void {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let bytes = 0;
  let end: Pick<RemoteOutput, 'code' | 'signal'> = { code: null, signal: null };
  const take = (into: Buffer[]) => (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) fail(`the answer is longer than ${maxBytes} bytes`);
    else into.push(chunk);
  };
  channel.on('data', take(stdout));
  channel.stderr.on('data', take(stderr));
  channel.on('error', (error: Error) => fail(error.message));
  channel.on('exit', (code: number | null, signal?: string) => {
    end = { code, signal: signal ?? null };
  });
  channel.on('close', () => done({ ...end, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }));
}
