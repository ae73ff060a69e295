import { DomainError, parseSubject } from '@meridian/core';
import {
  findTaint,
  forceTainted,
  liftTaint,
  listSoftwareVersions,
  listTaints,
  markTaint,
  planReprocessing,
  type TaintRow,
  type TaintTarget,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { mustBeKnown } from '../lineage/must-be-known.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { MarkTaintDto, TaintsQueryDto } from './dto/taints.dto.js';
import { ReprocessingResponse, TaintResponse } from './taint.response.js';

@Injectable()
export class TaintsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  list(query: TaintsQueryDto): Listing<TaintRow, TaintResponse> {
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listTaints(this.dataSource.manager, { all: query.all, before: after, limit }),
      present: (row) => TaintResponse.from(row),
    });
  }

  show(id: number): Promise<TaintRow> {
    return stored(this.dataSource.manager, id);
  }

  async mark(change: Change, body: MarkTaintDto): Promise<TaintRow> {
    const { of, reason } = body;
    const target = await targetOf(change.manager, body);
    const id = await markTaint(change.manager, { target, reason, actor: change.actor });
    if (id === undefined) throw markedAlready(of);
    const row = await stored(change.manager, id);
    const { products, published } = row;
    await change.audit({
      action: 'taint.mark',
      target: `taint:${id}`,
      after: { ...body, products, published },
    });
    return row;
  }

  async lift(change: Change, id: number, reason: string): Promise<TaintRow> {
    const { products } = await stored(change.manager, id);
    if (!(await liftTaint(change.manager, { id, reason, actor: change.actor }))) throw notHeld(id);
    await change.audit({
      action: 'taint.lift',
      target: `taint:${id}`,
      before: { products },
      after: { reason },
    });
    return stored(change.manager, id);
  }

  async plan(id: number): Promise<ReprocessingResponse> {
    await stored(this.dataSource.manager, id);
    return ReprocessingResponse.from(await planReprocessing(this.dataSource.manager, id), 0);
  }

  async reprocess(change: Change, id: number): Promise<ReprocessingResponse> {
    if ((await stored(change.manager, id)).liftedAt !== null) throw notHeld(id);
    const steps = await planReprocessing(change.manager, id);
    const forced = await forceTainted(change.manager, { taintId: id, actor: change.actor });
    await change.audit({ action: 'taint.reprocess', target: `taint:${id}`, after: { forced } });
    return ReprocessingResponse.from(steps, forced);
  }
}

async function stored(manager: EntityManager, id: number): Promise<TaintRow> {
  const row = await findTaint(manager, id);
  if (row === undefined) throw notFound('taint', id);
  return row;
}

async function targetOf(
  manager: EntityManager,
  {
    of,
    since = null,
    until = null,
  }: Pick<MarkTaintDto, 'of'> & { since?: string | null | undefined; until?: string | null | undefined },
): Promise<TaintTarget> {
  const subject = parseSubject(of, ['item', 'software', 'host']);
  if (subject.kind !== 'host' && (since !== null || until !== null)) throw onlyHosts(of);
  await mustBeKnown(manager, subject);
  switch (subject.kind) {
    case 'item':
      return { kind: 'item', itemId: subject.itemId };
    case 'host':
      return { kind: 'host', host: subject.host, since, until };
    case 'software': {
      const [version] = await listSoftwareVersions(manager, subject.name, subject.version);
      if (version === undefined) throw notFound('software', subject.name);
      return { kind: 'software', softwareVersionId: version.id };
    }
    case 'run':
      throw new Error('runs are not asked for');
  }
}

const onlyHosts = (of: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'taint.only_hosts_for_a_time',
    message: `${of} is bad or it is not: only a host is bad for a time.`,
    action: 'Leave out "since" and "until".',
  });

const markedAlready = (of: string): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'taint.marked_already',
    message: `${of} is marked bad already.`,
    action: 'GET /api/v1/taints shows since when and why.',
  });

const notHeld = (id: number): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'taint.lifted_already',
    message: `Taint ${id} was lifted.`,
    action:
      'GET /api/v1/taints?all=true shows when and why; to mark the same thing again, make another taint.',
  });
