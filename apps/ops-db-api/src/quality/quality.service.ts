import { DomainError } from '@meridian/core';
import { findQuality, findRunStatus, giveVerdict, type RunQuality } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import type { VerdictDto } from './dto/quality.dto.js';

@Injectable()
export class QualityService {
  constructor(private readonly dataSource: DataSource) {}

  show(runId: number): Promise<RunQuality> {
    return stored(this.dataSource.manager, runId);
  }

  /** What a person says holds from then on; what was said before is kept. */
  async give(change: Change, runId: number, { verdict, reason }: VerdictDto): Promise<RunQuality> {
    const before = await stored(change.manager, runId);
    if (!(await giveVerdict(change.manager, { runId, verdict, reason, actor: change.actor })))
      throw notComplete(runId, (await findRunStatus(change.manager, runId))?.status ?? 'gone');
    await change.audit({
      action: 'run.verdict',
      target: `run:${runId}`,
      before: { verdict: before.verdict },
      after: { verdict, reason },
    });
    return stored(change.manager, runId);
  }
}

async function stored(manager: EntityManager, runId: number): Promise<RunQuality> {
  const quality = await findQuality(manager, runId);
  if (quality === undefined) throw notFound('run', runId);
  return quality;
}

const notComplete = (runId: number, status: string): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'run.not_complete',
    message: `Run ${runId} is ${status}: only a completed run has a quality.`,
    action: 'Wait until it completes, or judge another run.',
  });
