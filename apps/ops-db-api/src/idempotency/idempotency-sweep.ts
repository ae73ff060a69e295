import { forgetIdempotencyKeys } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** How long an answer is kept for repetitions of its request; after that the key is free again. */
export const KEPT_HOURS = 24;
const SWEEP_EVERY_MS = 3_600_000;

/** Forgets old answers, at most once an hour per process: there is no load without requests that bring keys. */
@Injectable()
export class IdempotencySweep {
  private sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly dataSource: DataSource) {}

  async sweepIfDue(now: Date): Promise<void> {
    if (now.getTime() - this.sweptAtMs < SWEEP_EVERY_MS) return;
    this.sweptAtMs = now.getTime();
    await forgetIdempotencyKeys(this.dataSource.manager, KEPT_HOURS);
  }
}
