import type { JobSpec } from '@meridian/core';
import type { Clock } from './clock.js';
import type { DaemonName } from './daemons.js';

/** What everything throws that a killed daemon does from then on. */
export class Died extends Error {}

/** One thing that a daemon is about to do to the world outside its process. */
export interface Step {
  readonly kind: 'statement' | 'request' | 'reply' | 'file';
  readonly name: string;
  /** What a submission is about. */
  readonly jobs?: readonly JobSpec[];
}

/** How a step is let go: as it is, or with a fault. */
export type Permission =
  | 'go'
  | 'kill_before'
  | 'kill_halfway'
  | 'kill_after'
  | 'lose_request'
  | 'lose_reply'
  | 'cut_reply'
  | 'hold_reply'
  | 'fail_change';

/** A permission, and who is told once a fault has really happened: a step may fail by itself before its fault could. */
interface Grant {
  readonly permission: Permission;
  readonly onFired: () => void;
}

/** Parked waits for permission, acting for the world's answer. */
export interface ParkedStep {
  readonly step: Step;
  readonly permit: (permission: Permission, onFired?: () => void) => void;
}

export interface Acting {
  /** The database's process that carries a statement out, once it is known. */
  backendPid: number | null;
  /** Waits for a lock that somebody else holds. */
  isBlocked: boolean;
}

/**
 * One daemon process, as far as anybody else can see it: its steps.
 *
 * Each step parks and waits for permission, so that the world decides whose turn it is. Everything between two steps is the
 * daemon's own and unwatched.
 */
export class Actor {
  readonly parked: ParkedStep[] = [];
  readonly acting = new Set<Acting>();
  isDead = false;
  /** It found something to do in this tick; most ticks find nothing. */
  isAtWork = false;
  /** A suspended process gets no permission before this time. */
  heldUntil = 0;
  /** How far this process's clock is off. */
  clockSkewMs = 0;
  private tick: Promise<void> | null = null;

  constructor(
    readonly daemon: DaemonName,
    readonly name: string,
    private readonly clock: Clock,
    private readonly onChange: () => void,
    readonly cutConnections: () => Promise<unknown>,
  ) {}

  now = (): Date => new Date(this.clock.milliseconds + this.clockSkewMs);

  get isIdle(): boolean {
    return this.tick === null;
  }

  /** Nothing happens any more without a permission, or without somebody else's. */
  get isSettled(): boolean {
    if (this.tick === null) return true;
    const blocked = [...this.acting].filter((acting) => acting.isBlocked).length;
    return blocked === this.acting.size && this.parked.length + blocked > 0;
  }

  get mayGoOn(): boolean {
    return this.parked.length > 0 && this.clock.milliseconds >= this.heldUntil;
  }

  startTick(work: () => Promise<void>): void {
    this.isAtWork = false;
    this.tick = work().finally(() => {
      this.tick = null;
      this.onChange();
    });
  }

  /** Whatever it still does; a dead one ends by failing. */
  async ended(): Promise<void> {
    while (this.tick !== null) {
      for (const { permit } of this.parked.splice(0)) permit(this.isDead ? 'kill_before' : 'go');
      await Promise.race([this.tick, new Promise((resolve) => setImmediate(resolve))]);
    }
  }

  hold(milliseconds: number): void {
    this.heldUntil = this.clock.milliseconds + milliseconds;
  }

  /** `half`: what is left of it by a process that is killed in the middle. */
  async step<Result>(
    step: Step,
    act: (acting: Acting) => Promise<Result>,
    half: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Result> {
    const { permission, onFired } = await this.park(step);
    if (permission === 'kill_before') throw this.die(`killed before ${step.name}`, onFired);
    if (permission === 'kill_halfway') {
      await half();
      throw this.die(`killed in the middle of ${step.name}`, onFired);
    }
    if (permission === 'lose_request') throw failed(`the request was lost (${step.name})`, onFired);
    if (permission === 'fail_change')
      throw Object.assign(failed(`EIO: the disk failed, ${step.name}`, onFired), { code: 'EIO' });
    const result = await this.act(act);
    switch (permission) {
      case 'go':
        return result;
      case 'kill_after':
        throw this.die(`killed after ${step.name}`, onFired);
      case 'lose_reply':
        throw failed(`the reply was lost (${step.name})`, onFired);
      case 'cut_reply':
        await this.cutConnections();
        throw failed(`the connection was cut (${step.name})`, onFired);
      case 'hold_reply': {
        onFired();
        // Held by the one who gave the permission; then it goes on as if nothing had been.
        const grant = await this.park({ kind: 'reply', name: `reply of ${step.name}` });
        if (grant.permission === 'kill_before')
          throw this.die(`killed before the reply of ${step.name}`, grant.onFired);
        return result;
      }
    }
  }

  private async act<Result>(act: (acting: Acting) => Promise<Result>): Promise<Result> {
    const acting: Acting = { backendPid: null, isBlocked: false };
    this.acting.add(acting);
    try {
      return await act(acting);
    } finally {
      this.acting.delete(acting);
    }
  }

  private park(step: Step): Promise<Grant> {
    if (this.isDead) return Promise.resolve({ permission: 'kill_before', onFired: NOTHING });
    return new Promise((resolve) => {
      this.parked.push({ step, permit: (permission, onFired = NOTHING) => resolve({ permission, onFired }) });
      // Which of several files is looked at first is for the operating system to say; whose turn it is must not be.
      this.parked.sort((left, right) => (left.step.name < right.step.name ? -1 : 1));
      this.onChange();
    });
  }

  private die(how: string, onFired: () => void): Died {
    if (!this.isDead) onFired();
    this.isDead = true;
    return new Died(how);
  }
}

const NOTHING = (): void => undefined;

function failed(message: string, onFired: () => void): Error {
  onFired();
  return new Error(message);
}
