import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@meridian/core';
import {
  DataLocation,
  findAudit,
  listAudits,
  listFindings,
  requestAudit,
  type AuditRow,
  type FindingRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { findByIdOrName } from '../http/find-named.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import { AuditResponse, FindingResponse } from './audit.response.js';
import type { AuditsQueryDto, FindingsQueryDto, RequestAuditDto } from './dto/audits.dto.js';

const LOOK_EVERY_MS = 250;

@Injectable()
export class AuditsService {
  constructor(private readonly dataSource: DataSource) {}

  async request(change: Change, idOrName: string, body: RequestAuditDto): Promise<AuditRow> {
    const location = await locationOf(change.manager, idOrName);
    const { checksums } = body;
    const since = body.since === undefined ? null : new Date(body.since);
    const request = { locationId: location.id, checksums, since, actor: change.actor };
    const asked = await requestAudit(change.manager, request);
    if (asked === undefined) throw underWay(location.name);
    await change.audit({
      action: 'location.audit',
      target: `location:${location.id}`,
      after: { checksums, since: since?.toISOString() ?? null },
    });
    return stored(change.manager, asked.id);
  }

  /** Newest first. */
  async list(query: AuditsQueryDto): Promise<Listing<AuditRow, AuditResponse>> {
    const { manager } = this.dataSource;
    const locationId = query.location === undefined ? null : (await locationOf(manager, query.location)).id;
    return listingById({
      query,
      fetch: ({ after, limit }) => listAudits(manager, { locationId, before: after, limit }),
      present: (row) => AuditResponse.from(row),
    });
  }

  /** As it is, or as soon as it is over. */
  async show(id: number, waitSeconds: number): Promise<AuditRow> {
    const until = performance.now() + waitSeconds * 1000;
    for (;;) {
      const row = await stored(this.dataSource.manager, id);
      if (row.finishedAt !== null || performance.now() >= until) return row;
      await sleep(LOOK_EVERY_MS);
    }
  }

  async findings(
    auditId: number,
    query: PageQuery & Pick<FindingsQueryDto, 'severity'>,
  ): Promise<Listing<FindingRow, FindingResponse>> {
    await stored(this.dataSource.manager, auditId);
    const { severity = null } = query;
    return listingById({
      query,
      fetch: ({ after, limit }) => listFindings(this.dataSource.manager, { auditId, severity, after, limit }),
      present: (row) => FindingResponse.from(row),
    });
  }
}

const locationOf = (manager: EntityManager, idOrName: string): Promise<DataLocation> =>
  findByIdOrName(manager.getRepository(DataLocation), 'location', idOrName);

async function stored(manager: EntityManager, id: number): Promise<AuditRow> {
  const row = await findAudit(manager, id);
  if (row === undefined) throw notFound('audit', id);
  return row;
}

const underWay = (location: string): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'audit.under_way',
    message: `An audit of location ${location} is under way.`,
    action: `Wait for it: GET /audits?location=${location} shows how far it is.`,
  });
