import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@meridian/core';
import { DataLocation, findRebuild, requestRebuild, type RebuildRow } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { findByIdOrName } from '../http/find-named.js';
import { notFound } from '../http/not-found.js';

const LOOK_EVERY_MS = 250;

@Injectable()
export class RebuildsService {
  constructor(private readonly dataSource: DataSource) {}

  async request(change: Change, idOrName: string, dryRun: boolean): Promise<RebuildRow> {
    const locations = change.manager.getRepository(DataLocation);
    const location = await findByIdOrName(locations, 'location', idOrName);
    const request = { locationId: location.id, dryRun, actor: change.actor };
    const asked = await requestRebuild(change.manager, request);
    if (asked === undefined) throw underWay(location.name);
    await change.audit({
      action: 'location.rebuild',
      target: `location:${location.id}`,
      after: { dry_run: dryRun },
    });
    return stored(change.manager, asked.id);
  }

  /** As it is, or as soon as it is over. */
  async show(id: number, waitSeconds: number): Promise<RebuildRow> {
    const until = performance.now() + waitSeconds * 1000;
    for (;;) {
      const row = await stored(this.dataSource.manager, id);
      if (row.finishedAt !== null || performance.now() >= until) return row;
      await sleep(LOOK_EVERY_MS);
    }
  }
}

async function stored(manager: EntityManager, id: number): Promise<RebuildRow> {
  const row = await findRebuild(manager, id);
  if (row === undefined) throw notFound('rebuild', id);
  return row;
}

const underWay = (location: string): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'rebuild.under_way',
    message: `Location ${location} is being rebuilt.`,
    action: 'Wait until that is over.',
  });
