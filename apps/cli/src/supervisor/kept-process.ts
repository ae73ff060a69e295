import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@meridian/core';
import { identify } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';
import { stopProcess } from './stop-process.js';
import type { StopStep } from './stop-process.js';

const DELAYS_MS = [0, 500, 1000, 2000, 4000, 8000, 15_000] as const;
/** A process that lived this long starts over with an immediate restart. */
export const STEADY_MS = 30_000;

/** How long to wait before a restart, after this many early deaths in a row: the first one is immediate. */
export const restartDelayMs = (earlyDeaths: number): number =>
  DELAYS_MS[Math.min(earlyDeaths, DELAYS_MS.length - 1)] ?? 15_000;

export interface KeptProcessOptions {
  readonly name: string;
  /** Starts the program; called again for every restart. */
  readonly launch: () => Promise<ChildProcess>;
  readonly stopSteps: readonly StopStep[];
  readonly log: (line: string) => void;
  /** Called with the new identity after each start, and with null when the process is gone. */
  readonly onChange: (identity: ProcessIdentity | null) => void;
}

/** A program that is started again whenever it ends, until it is told to stop. */
export class KeptProcess {
  private identity: ProcessIdentity | null = null;
  private readonly stopping = new AbortController();
  private life: Promise<void> | null = null;
  private deaths = 0;

  constructor(private readonly options: KeptProcessOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** How often in a row it ended before it had run for a while. */
  get earlyDeaths(): number {
    return this.deaths;
  }

  /** Starts it and resolves once it runs (which is not yet ready); throws when the first start fails. */
  async start(): Promise<void> {
    const { ended } = await this.launchOnce();
    this.life = this.keepAlive(ended);
  }

  /** Stops it for good; resolves when it is gone. */
  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.identity !== null) await stopProcess(this.identity, this.options.stopSteps);
    await this.life;
    // A start that was under way when the stop came.
    if (this.identity !== null) await stopProcess(this.identity, this.options.stopSteps);
  }

  // The promise of its end travels inside an object, because an async function would wait for a bare one.
  private async launchOnce(): Promise<{ ended: Promise<string> }> {
    const child = await this.options.launch();
    this.identity = child.pid === undefined ? null : identify(child.pid);
    this.options.onChange(this.identity);
    const ended = exitOf(child).then((why) => {
      this.identity = null;
      this.options.onChange(null);
      return why;
    });
    return { ended };
  }

  private async keepAlive(first: Promise<string>): Promise<void> {
    let ended = first;
    for (;;) {
      const startedAt = performance.now();
      const why = await ended;
      if (this.stopping.signal.aborted) return;
      this.deaths = performance.now() - startedAt >= STEADY_MS ? 0 : this.deaths;
      const delay = restartDelayMs(this.deaths);
      this.deaths += 1;
      this.options.log(
        `ended unexpectedly (${why}); restarting ${delay === 0 ? 'now' : `in ${delay / 1000} s`}`,
      );
      await sleep(delay, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
      ended = this.restart();
    }
  }

  private async restart(): Promise<string> {
    try {
      const { ended } = await this.launchOnce();
      return await ended;
    } catch (error) {
      return messageOf(error);
    }
  }
}

function exitOf(child: ChildProcess): Promise<string> {
  const inWords = (code: number | null, signal: NodeJS.Signals | null): string =>
    signal ?? `exit code ${code ?? 'unknown'}`;
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve(inWords(child.exitCode, child.signalCode));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(inWords(code, signal));
    });
  });
}
