import { DomainError, isFinished, type RunStatus } from '@meridian/core';
import {
  countRuns,
  findRunStatus,
  listRuns,
  requestCancellation,
  requestRetry,
  showRun,
  type RunCount,
  type RunRow,
  type RunSummaryRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import type { QueryWithDims } from '../paging/dims-query.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { RetryRunDto, RunsQueryDto, RunsSummaryQuery } from './dto/runs.dto.js';
import { RunSummaryResponse } from './run.response.js';

/** Inputs and products of one run that an answer shows. */
const SHOWN_ITEMS = 1000;

@Injectable()
export class RunsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  list({ query, dims }: QueryWithDims<RunsQueryDto>): Listing<RunSummaryRow, RunSummaryResponse> {
    const { pipeline = null, step = null, status = null, sub_group_id: subGroupId = null } = query;
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listRuns(this.dataSource.manager, { pipeline, step, status, subGroupId, dims, before: after, limit }),
      present: (row) => RunSummaryResponse.from(row),
    });
  }

  summary(query: RunsSummaryQuery): Promise<RunCount[]> {
    const { pipeline = null, step = null, status = null } = query;
    return countRuns(this.dataSource.manager, { pipeline, step, status });
  }

  show(id: number): Promise<RunRow> {
    return stored(this.dataSource.manager, id);
  }

  async cancel(change: Change, id: number, reason: string): Promise<RunRow> {
    const before = await statusOf(change.manager, id);
    const cancelled = await requestCancellation(change.manager, { runId: id, actor: change.actor, reason });
    if (cancelled === undefined) throw finished(id, (await statusOf(change.manager, id)).status);
    await change.audit({
      action: 'run.cancel',
      target: `run:${id}`,
      before,
      after: { ...cancelled, reason },
    });
    return stored(change.manager, id);
  }

  async retry(change: Change, id: number, { resources }: RetryRunDto): Promise<RunRow> {
    const before = await statusOf(change.manager, id);
    const asked = {
      cpus: resources?.cpus ?? null,
      memoryMb: resources?.memory_mb ?? null,
      walltimeMinutes: resources?.walltime_minutes ?? null,
    };
    const retried = await requestRetry(change.manager, { runId: id, actor: change.actor, resources: asked });
    if (retried === undefined) throw notRetriable(id, (await statusOf(change.manager, id)).status);
    await change.audit({
      action: 'run.retry',
      target: `run:${id}`,
      before,
      after: { status: 'PENDING', resources: asked },
    });
    return stored(change.manager, id);
  }
}

async function stored(manager: EntityManager, id: number): Promise<RunRow> {
  const run = await showRun(manager, id, SHOWN_ITEMS);
  if (run === undefined) throw notFound('run', id);
  return run;
}

async function statusOf(manager: EntityManager, id: number): Promise<{ status: RunStatus; attempt: number }> {
  const found = await findRunStatus(manager, id);
  if (found === undefined) throw notFound('run', id);
  return { status: found.status, attempt: found.attempt };
}

const finished = (id: number, status: RunStatus): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'run.finished',
    message: `Run ${id} is ${status}: there is nothing to cancel.`,
    action: 'Leave it; waive its sub-group if it should not be run again.',
  });

function notRetriable(id: number, status: RunStatus): DomainError {
  if (status === 'FAILED') {
    return new DomainError({
      kind: 'conflict',
      code: 'run.superseded',
      message: `Run ${id} failed, but its sub-group has a newer run.`,
      action: 'Retry the newest run of the sub-group, or trigger its pipeline.',
    });
  }
  return new DomainError({
    kind: 'conflict',
    code: 'run.not_failed',
    message: `Run ${id} is ${status}: only a FAILED run can be retried.`,
    action: isFinished(status) ? 'Trigger its pipeline with force to run it again.' : 'Wait until it ends.',
  });
}
