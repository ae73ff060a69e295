import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultKind, Ledger } from '../ledger.js';

/** What can be done to one exchange on the wire. */
export type WireFault = Extract<FaultKind, 'request_lost' | 'reply_lost' | 'slow_reply' | 'late_submission'>;

/** What an exchange is, as far as a proxy can tell: over ssh everything that is no submission is `other`. */
export type Exchange = 'submit' | 'cancel' | 'other';

/** A stand-in for slurmrestd or sshd, to which Meridian's locations point. */
export interface SiteProxy {
  readonly port: number;
  close(): Promise<void>;
}

interface Armed {
  readonly fault: WireFault;
  /** Null: the next of any kind. */
  readonly on: Exchange | null;
}

/** Longer than the sites' own time-out in the location's settings, shorter than Slurm's message time-out. */
export const HOLD_MS = 8_000;

/** Faults that wait for the exchange that they are meant for; each counts when it has met one. */
export class ArmedFaults {
  private armed: Armed[] = [];
  private isCalm = false;

  constructor(private readonly ledger: Ledger) {}

  get waiting(): number {
    return this.armed.length;
  }

  arm(fault: Armed): void {
    if (!this.isCalm) this.armed.push(fault);
  }

  /** From now on every exchange goes through. */
  calm(): void {
    this.isCalm = true;
    this.armed = [];
  }

  /** The fault that this exchange meets, if any. */
  take(exchange: Exchange, detail: string): WireFault | null {
    const found = this.armed.findIndex(({ on }) => on === null || on === exchange);
    const [met] = found < 0 ? [] : this.armed.splice(found, 1);
    if (met === undefined) return null;
    this.ledger.count(met.fault, `${exchange} ${detail}`);
    return met.fault;
  }

  hold = (): Promise<void> => sleep(HOLD_MS);
}
