import { messageOf } from '@meridian/core';
import type { Logger } from '@meridian/daemon';
import type { HpcBackend } from '@meridian/hpc';
import type { Random } from '@meridian/core/testing';
import type { Ledger } from '../ledger.js';
import { Actor } from './actor.js';
import type { Clock } from './clock.js';
import { DaemonProcess } from './daemon-process.js';
import { DAEMONS, type DaemonName } from './daemons.js';
import type { WorldDatabase } from './world-database.js';

const REPLICAS = 2;
const SECOND = 1_000;

/** Longest real time that a daemon may take between two of its steps. */
const LONGEST_THOUGHT_MS = 30_000;

/** How long a statement may take before it is asked whether it waits for a lock. */
const ASK_AFTER_MS = 10;

export interface CompanyOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly database: WorldDatabase;
  readonly backendOf: () => HpcBackend;
  readonly logger: Logger;
}

interface Post {
  readonly daemon: DaemonName;
  process: DaemonProcess | null;
  /** When the dead one is replaced, or the living one looks for work again. */
  dueAt: number;
}

/** Every replica of every daemon: starts them, replaces dead ones, and knows when all of them wait to be told. */
export class Company {
  private readonly posts: readonly Post[] = DAEMONS.flatMap((daemon) =>
    Array.from({ length: REPLICAS }, () => ({ daemon, process: null, dueAt: 0 })),
  );
  private hired = 0;
  private wake: () => void = () => undefined;

  constructor(private readonly options: CompanyOptions) {}

  get actors(): Actor[] {
    return this.posts.flatMap(({ process }) => process?.actor ?? []);
  }

  /** Replaces the dead whose time has come. */
  async replace(delaySeconds: () => number): Promise<void> {
    const { clock } = this.options;
    for (const post of this.posts) {
      if (post.process?.actor.isDead === true) {
        await post.process.bury();
        post.process = null;
        post.dueAt = clock.milliseconds + delaySeconds() * SECOND;
      }
      if (post.process === null && clock.milliseconds >= post.dueAt)
        post.process = await this.hire(post.daemon);
    }
  }

  /** Those that could do something now, when their turn came: a step that waits, or a new tick. */
  ready(): Post[] {
    const { milliseconds } = this.options.clock;
    return this.posts.filter(({ process, dueAt }) => {
      if (process === null || milliseconds < process.actor.heldUntil) return false;
      return process.actor.isIdle ? milliseconds >= dueAt : process.actor.mayGoOn;
    });
  }

  /** When the next of them could do something; null when that is for others to say. */
  nextDue(): number | null {
    const times = this.posts.flatMap(({ process, dueAt }) => {
      if (process === null) return [dueAt];
      const { isIdle, heldUntil, parked } = process.actor;
      return isIdle ? [Math.max(dueAt, heldUntil)] : parked.length > 0 ? [heldUntil] : [];
    });
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Waits until every daemon is idle, parked, or waits for another's lock. */
  async settled(): Promise<void> {
    const giveUpAt = Date.now() + LONGEST_THOUGHT_MS;
    if (this.actors.some(({ acting }) => [...acting].some(({ isBlocked }) => isBlocked)))
      await this.markBlocked();
    while (!this.actors.every((actor) => actor.isSettled)) {
      if (!(await this.changedWithin(ASK_AFTER_MS))) await this.markBlocked();
      if (Date.now() < giveUpAt) continue;
      const busy = this.actors.filter((actor) => !actor.isSettled).map(({ name }) => name);
      throw new Error(`${busy.join(' and ')} took more than ${LONGEST_THOUGHT_MS} ms between two steps`);
    }
  }

  async dismiss(): Promise<void> {
    for (const { process } of this.posts) await process?.bury();
  }

  private async hire(daemon: DaemonName): Promise<DaemonProcess> {
    const { clock, database, backendOf, logger, ledger } = this.options;
    this.hired += 1;
    const name = `${daemon}-${this.hired}`;
    const actor = new Actor(
      daemon,
      name,
      clock,
      () => this.wake(),
      () => database.cut(name),
    );
    const options = { actor, url: database.url, backend: backendOf(), logger };
    return DaemonProcess.start(options, (pass, error) =>
      ledger.note(`${name}: ${pass} failed: ${messageOf(error)}`),
    );
  }

  private changedWithin(milliseconds: number): Promise<boolean> {
    if (this.actors.every((actor) => actor.isSettled)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  private async markBlocked(): Promise<void> {
    const acting = this.actors.flatMap((actor) => [...actor.acting]);
    const pids = acting.flatMap(({ backendPid }) => backendPid ?? []);
    const blocked = pids.length === 0 ? new Set<number>() : await this.options.database.blocked(pids);
    for (const act of acting) act.isBlocked = act.backendPid !== null && blocked.has(act.backendPid);
  }
}
