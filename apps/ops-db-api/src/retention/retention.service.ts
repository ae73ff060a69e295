import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@meridian/core';
import {
  findLocationUsage,
  findPurge,
  listPurgeDecisions,
  listPurges,
  pausePurging,
  rehearsePurge,
  requestPurge,
  type LocationUsage,
  type PurgeDecisionRow,
  type PurgeRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import { diskSpaceAt } from './disk-space.js';
import type {
  PurgeDecisionsQueryDto,
  PurgePlanQueryDto,
  PurgesQueryDto,
  RequestPurgeDto,
} from './dto/retention.dto.js';
import { PurgeDecisionResponse, PurgePlanResponse, PurgeResponse } from './purge.response.js';
import { LocationUsageResponse } from './usage.response.js';

const LOOK_EVERY_MS = 250;

@Injectable()
export class RetentionService {
  constructor(private readonly dataSource: DataSource) {}

  async usage(location: string, withDisk: boolean): Promise<LocationUsageResponse> {
    const usage = await stored(this.dataSource.manager, location);
    return LocationUsageResponse.from(usage, withDisk ? await diskSpaceAt(usage) : null);
  }

  /** What a purge would do now; nothing is changed. */
  async plan(location: string, query: PurgePlanQueryDto): Promise<PurgePlanResponse> {
    const { max_files: maxFiles, sample } = query;
    const usage = await stored(this.dataSource.manager, location);
    const downToBytes = levelOf(usage, query.down_to_bytes);
    const plan = await rehearsePurge(this.dataSource, { location, downToBytes, maxFiles, sample });
    if (plan === undefined) throw notFound('location', location);
    return PurgePlanResponse.from(location, downToBytes, plan);
  }

  /** Newest first. */
  list(query: PurgesQueryDto): Listing<PurgeRow, PurgeResponse> {
    const { location = null } = query;
    return listingById({
      query,
      fetch: ({ after, limit }) => listPurges(this.dataSource.manager, { location, before: after, limit }),
      present: (row) => PurgeResponse.from(row),
    });
  }

  /** As it is, or as soon as it has ended. */
  async show(id: number, waitSeconds: number): Promise<PurgeResponse> {
    const until = performance.now() + waitSeconds * 1000;
    for (;;) {
      const row = await findPurge(this.dataSource.manager, id);
      if (row === undefined) throw notFound('purge', id);
      if (row.finishedAt !== null || performance.now() >= until) return PurgeResponse.from(row);
      await sleep(LOOK_EVERY_MS);
    }
  }

  async request(change: Change, location: string, request: RequestPurgeDto): Promise<PurgeResponse> {
    const { manager, actor } = change;
    const { reason } = request;
    const usage = await stored(manager, location);
    const downToBytes = levelOf(usage, request.down_to_bytes);
    const purge = await requestPurge(manager, { locationId: usage.id, downToBytes, actor, reason });
    if (purge === undefined) throw isUnderWay(location);
    await change.audit({
      action: 'location.purge',
      target: `location:${location}`,
      after: { purge: purge.id, down_to_bytes: downToBytes, reason },
    });
    const row = await findPurge(manager, purge.id);
    if (row === undefined) throw notFound('purge', purge.id);
    return PurgeResponse.from(row);
  }

  async pause(change: Change, location: string, reason: string | null): Promise<LocationUsageResponse> {
    const { manager, actor } = change;
    const before = await stored(manager, location);
    const pause = reason === null ? null : { actor, reason };
    if (await pausePurging(manager, { locationId: before.id, pause }))
      await change.audit({
        action: reason === null ? 'location.resume_purging' : 'location.pause_purging',
        target: `location:${location}`,
        before: { purge_pause_reason: before.purgePauseReason },
        after: { purge_pause_reason: reason },
      });
    else change.changedNothing();
    return LocationUsageResponse.from(await stored(manager, location), null);
  }

  /** Newest first. */
  async decisions(query: PurgeDecisionsQueryDto): Promise<Listing<PurgeDecisionRow, PurgeDecisionResponse>> {
    const { purge = null, product = null, action = null, reason = null } = query;
    const locationId =
      query.location === undefined ? null : (await stored(this.dataSource.manager, query.location)).id;
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listPurgeDecisions(this.dataSource.manager, {
          ...{ locationId, purgeId: purge, itemId: product, action, reason, before: after, limit },
        }),
      present: (row) => PurgeDecisionResponse.from(row),
    });
  }
}

async function stored(manager: EntityManager, location: string): Promise<LocationUsage> {
  const usage = await findLocationUsage(manager, location);
  if (usage === undefined) throw notFound('location', location);
  return usage;
}

function levelOf({ name, lowWaterBytes }: LocationUsage, downToBytes: number | undefined): number {
  const level = downToBytes ?? lowWaterBytes;
  if (level !== null) return level;
  throw new DomainError({
    kind: 'conflict',
    code: 'purge.no_level',
    message: `Location ${name} has no low-water mark, and the request does not say how much is to be left.`,
    action: 'Say "down_to_bytes" (0: all that may go), or give the location high_water and low_water.',
  });
}

const isUnderWay = (location: string): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'purge.under_way',
    message: `A purge of location ${location} is under way.`,
    action: `Wait for it: GET /api/v1/purges?location=${encodeURIComponent(location)} shows how far it is.`,
  });
