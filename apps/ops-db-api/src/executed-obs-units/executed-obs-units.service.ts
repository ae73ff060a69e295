import { DomainError } from '@meridian/core';
import { ExecutedObsUnit, listExecutedObsUnits, ObsUnit, type ListedExecutedObsUnit } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { findReferenced } from '../http/find-named.js';
import { notFound } from '../http/not-found.js';
import { Listing } from '../paging/listing.js';
import type { FinishExecutedObsUnitDto } from './dto/finish-executed-obs-unit.dto.js';
import type { ListExecutedObsUnitsDto } from './dto/list-executed-obs-units.dto.js';
import type { StartExecutedObsUnitDto } from './dto/start-executed-obs-unit.dto.js';
import { ExecutedObsUnitResponse } from './executed-obs-unit.response.js';

const conflict = (code: string, message: string): DomainError =>
  new DomainError({
    kind: 'conflict',
    code,
    message,
    action: 'Look at the stored one first; a new execution needs a new UUID.',
  });

@Injectable()
export class ExecutedObsUnitsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Telescopes send a start again when they were offline: the same one changes nothing, another one is a conflict. */
  async start(change: Change, request: StartExecutedObsUnitDto): Promise<ExecutedObsUnit> {
    const { manager } = change;
    const reference = { noun: 'obs_unit', name: request.obs_unit, path: '/obs_unit' };
    const obsUnit = await findReferenced(manager.getRepository(ObsUnit), reference);
    const startedAt = new Date(request.started_at);
    const existing = await find(manager, request.id);
    if (existing !== null) {
      if (existing.obsUnit.id !== obsUnit.id || existing.startedAt.getTime() !== startedAt.getTime()) {
        throw conflict(
          'executed_obs_unit.already_exists',
          `Another executed obs unit has the id ${request.id}.`,
        );
      }
      change.changedNothing();
      return existing;
    }
    const row = {
      id: request.id,
      obsUnit,
      startedAt,
      status: 'RUNNING',
      metadata: request.metadata ?? {},
    } as const;
    await manager.getRepository(ExecutedObsUnit).insert(row);
    const created = await this.show(request.id, manager);
    const after = ExecutedObsUnitResponse.from(created);
    await change.audit({
      action: 'executed_obs_unit.start',
      target: `executed_obs_unit:${request.id}`,
      after,
    });
    return created;
  }

  async finish(change: Change, id: string, request: FinishExecutedObsUnitDto): Promise<ExecutedObsUnit> {
    const { manager } = change;
    const before = await this.show(id, manager);
    const { finished_at: finishedAt, status = 'SUCCEEDED' } = request;
    const result = await manager
      .getRepository(ExecutedObsUnit)
      .update({ id, status: 'RUNNING' }, { finishedAt: new Date(finishedAt), status });
    const after = await this.show(id, manager);
    if (result.affected === 0) {
      const isTheSame =
        after.status === status && after.finishedAt?.getTime() === new Date(finishedAt).getTime();
      if (!isTheSame)
        throw conflict('executed_obs_unit.already_finished', `It finished already, as ${after.status}.`);
      change.changedNothing();
      return after;
    }
    await change.audit({
      action: 'executed_obs_unit.finish',
      target: `executed_obs_unit:${id}`,
      before: ExecutedObsUnitResponse.from(before),
      after: ExecutedObsUnitResponse.from(after),
    });
    return after;
  }

  list(query: ListExecutedObsUnitsDto): Listing<ListedExecutedObsUnit, ExecutedObsUnitResponse> {
    const filter = { obsUnit: query.obs_unit ?? null, status: query.status ?? null };
    return new Listing({
      query,
      fetch: ({ after, limit }) => {
        const key = after === null ? null : { startedKey: String(after[0]), id: String(after[1]) };
        return listExecutedObsUnits(this.dataSource.manager, { ...filter, after: key, limit });
      },
      keyOf: (unit) => [unit.startedKey, unit.id],
      keyKinds: ['string', 'string'],
      present: (unit) => ExecutedObsUnitResponse.from(unit),
    });
  }

  async show(id: string, manager: EntityManager = this.dataSource.manager): Promise<ExecutedObsUnit> {
    const found = await find(manager, id);
    if (found === null) throw notFound('executed_obs_unit', id);
    return found;
  }
}

const find = (manager: EntityManager, id: string): Promise<ExecutedObsUnit | null> =>
  manager.getRepository(ExecutedObsUnit).findOne({ where: { id }, relations: { obsUnit: true } });
