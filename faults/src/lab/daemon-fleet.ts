import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SystemUser } from '@meridian/hpc/testing/lab';
import type { Ledger } from '../ledger.js';

const APPS = join(__dirname, '..', '..', '..', 'apps');
/** The flags that the supervisor and the systemd units use. */
const NODE_FLAGS = ['--max-semi-space-size=2', '--max-old-space-size=512'];
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
export const SYSTEM_PATH = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

const LAST_WORDS = 1_500;

const POSTS = [
  'ops-db-api',
  'trigger-manager',
  'workflow-manager',
  'workflow-manager',
  'result-manager',
  'result-manager',
] as const;

/** Whether this machine has what shows a process another time without changing the machine's own. */
export const canJumpClocks = (): boolean => existsSync(FAKETIME);

export interface FleetOptions {
  readonly user: SystemUser;
  readonly settings: Readonly<Record<string, string>>;
  readonly logDirectory: string;
  readonly ledger: Ledger;
}

/** One place for a process of a daemon, filled again whenever it gets empty. */
export class Post {
  private child: ChildProcess | null = null;
  private isClosed = false;
  private clockOffset: string | null = null;
  private delayMs = 500;

  constructor(
    readonly name: string,
    private readonly daemon: (typeof POSTS)[number],
    private readonly options: FleetOptions,
  ) {}

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Whether its process is told another time than the machine's. */
  get hasOtherTime(): boolean {
    return this.clockOffset !== null;
  }

  start(): void {
    if (this.isClosed) return;
    const { user, settings, logDirectory, ledger } = this.options;
    const path = join(logDirectory, `${this.name}.log`);
    const log = openSync(path, 'a');
    const child = spawn(
      process.execPath,
      [...NODE_FLAGS, '--enable-source-maps', join(APPS, this.daemon, 'dist', 'main.js')],
      {
        stdio: ['ignore', log, log],
        cwd: logDirectory,
        uid: user.uid,
        gid: user.gid,
        env: { PATH: SYSTEM_PATH, HOME: user.home, USER: user.name, ...settings, ...this.time() },
      },
    );
    closeSync(log);
    this.child = child;
    child.once('exit', (code, signal) => {
      this.child = null;
      if (this.isClosed) return;
      ledger.note(`${this.name} ended (${signal ?? code}), starts again in ${Math.round(this.delayMs)} ms`);
      if (signal === null) ledger.note(`${this.name}'s last words: ${lastWords(path)}`);
      setTimeout(() => this.start(), this.delayMs);
    });
  }

  /** Ends its process at once; another one comes after `delayMs`, which is told a time that is off by `clockOffset`. */
  kill(delayMs: number, clockOffset: string | null = null): boolean {
    this.delayMs = delayMs;
    this.clockOffset = clockOffset;
    return this.child?.kill('SIGKILL') ?? false;
  }

  /** Lets its process do nothing for a while, with all of its connections open. */
  async suspend(milliseconds: number): Promise<boolean> {
    const { child } = this;
    if (child?.kill('SIGSTOP') !== true) return false;
    await sleep(milliseconds);
    child.kill('SIGCONT');
    return true;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const { child } = this;
    if (child === null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }

  private time(): Record<string, string> {
    if (this.clockOffset === null) return {};
    return { LD_PRELOAD: FAKETIME, FAKETIME: this.clockOffset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  }
}

/** Nobody killed it: why it ended is worth to know. */
const lastWords = (path: string): string => readFileSync(path, 'utf8').trimEnd().slice(-LAST_WORDS);

/** Every process of Meridian: whoever ends is replaced, as by a supervisor. */
export class DaemonFleet {
  readonly posts: readonly Post[];

  constructor(options: FleetOptions) {
    this.posts = POSTS.map((daemon, index) => {
      const replica = POSTS.slice(0, index).filter((other) => other === daemon).length + 1;
      return new Post(`${daemon}-${replica}`, daemon, options);
    });
  }

  start(): void {
    for (const post of this.posts) post.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.posts.map((post) => post.close()));
  }
}
