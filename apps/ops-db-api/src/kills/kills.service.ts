import { DomainError, type KillScope, type KillTarget } from '@meridian/core';
import {
  DataLocation,
  findKill,
  findRunStatus,
  liftKill,
  listKills,
  lockPipeline,
  openKill,
  type KillRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { isAllowed } from '../auth/roles.js';
import type { Change } from '../http/change.js';
import { findByIdOrName } from '../http/find-named.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { CreateKillDto } from './dto/kills.dto.js';
import { KillResponse } from './kill.response.js';

const RUN_ID = /^[1-9][0-9]{0,14}$/;

@Injectable()
export class KillsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  list(query: PageQuery): Listing<KillRow, KillResponse> {
    return listingById({
      query,
      fetch: ({ after, limit }) => listKills(this.dataSource.manager, { before: after, limit }),
      present: (row) => KillResponse.from(row),
    });
  }

  show(id: number): Promise<KillRow> {
    return stored(this.dataSource.manager, id);
  }

  /** Stops new work in the scope, asks all of its runs to stop, and opens the request that the workflow-manager settles with proof. */
  async open(change: Change, { scope, target, reason }: CreateKillDto): Promise<KillRow> {
    if (scope !== 'run' && !isAllowed(change.caller.role, ['operator'])) throw needsOperator(scope);
    const id = await openKill(change.manager, {
      target: await targetOf(change.manager, scope, target),
      reason,
      actor: change.actor,
    });
    const opened = await stored(change.manager, id);
    await change.audit({
      action: 'kill.open',
      target: `kill:${id}`,
      after: { scope, target: opened.target, reason },
    });
    return opened;
  }

  /** Lets the scope go on; doing it twice changes nothing. */
  async lift(change: Change, id: number): Promise<KillRow> {
    const before = await stored(change.manager, id);
    if ((await liftKill(change.manager, { killId: id, actor: change.actor })) === undefined) {
      change.changedNothing();
      return before;
    }
    await change.audit({
      action: 'kill.lift',
      target: `kill:${id}`,
      before: { settled_at: before.settledAt },
    });
    return stored(change.manager, id);
  }
}

async function stored(manager: EntityManager, id: number): Promise<KillRow> {
  const kill = await findKill(manager, id);
  if (kill === undefined) throw notFound('kill', id);
  return kill;
}

async function targetOf(
  manager: EntityManager,
  scope: KillScope,
  named: string | undefined,
): Promise<KillTarget> {
  if (scope === 'everything') {
    if (named !== undefined) throw badTarget('A kill of everything has no target.', 'Leave the target out.');
    return { scope };
  }
  if (named === undefined)
    throw badTarget(`A kill of a ${scope} names it.`, `Say which ${scope} in "target".`);
  switch (scope) {
    case 'run':
      return { scope, runId: await runIdOf(manager, named) };
    case 'pipeline':
      return { scope, pipelineId: await pipelineIdOf(manager, named) };
    case 'location':
      return { scope, locationId: await locationIdOf(manager, named) };
  }
}

async function runIdOf(manager: EntityManager, named: string): Promise<number> {
  const id = Number(named);
  if (!RUN_ID.test(named) || (await findRunStatus(manager, id)) === undefined) throw notFound('run', named);
  return id;
}

async function pipelineIdOf(manager: EntityManager, named: string): Promise<number> {
  const pipeline = await lockPipeline(manager, named);
  if (pipeline === undefined) throw notFound('pipeline', named);
  return pipeline.id;
}

async function locationIdOf(manager: EntityManager, named: string): Promise<number> {
  const location = await findByIdOrName(manager.getRepository(DataLocation), 'location', named);
  if (location.kind !== 'PROCESSING')
    throw badTarget(
      `No jobs run at ${location.name}: it is a ${location.kind} location.`,
      'Name a PROCESSING location: GET /api/v1/locations.',
    );
  return location.id;
}

const badTarget = (message: string, action: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'kill.bad_target',
    message,
    action,
    problems: [{ code: 'kill.bad_target', path: '/target', message }],
  });

const needsOperator = (scope: KillScope): DomainError =>
  new DomainError({
    kind: 'forbidden',
    code: 'kill.needs_operator',
    message: `A kill of ${scope === 'everything' ? scope : `a ${scope}`} needs the role operator.`,
    action: 'Kill single runs, or ask an operator.',
  });
