import { isSafeRelativePath, type Dims, type Problem } from '@meridian/core';
import {
  addCopies,
  DataLocation,
  insertRawDataPackage,
  listRawDataPackages,
  movePackage,
  replacePackageContent,
  resolveRawFileReferences,
  type ListedRawDataPackage,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { findReferenced } from '../http/find-named.js';
import { notFound, unknownReference } from '../http/not-found.js';
import { invalidRequest } from '../http/validation.js';
import { listingById, type Listing } from '../paging/listing.js';
import { ingestRows } from '../raw-data-files/ingest-rows.js';
import type { CreateRawDataPackageDto } from './dto/create-raw-data-package.dto.js';
import type { ListRawDataPackagesDto } from './dto/list-raw-data-packages.dto.js';
import type { MoveRawDataPackageDto } from './dto/move-raw-data-package.dto.js';
import { contentOf, rowsOfPackage } from './package-files.js';
import { canMove, illegalMove } from './package-states.js';
import { RawDataPackageResponse } from './raw-data-package.response.js';

const ANY = { externalId: null, state: null, executedObsUnitId: null };

@Injectable()
export class RawDataPackagesService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateRawDataPackageDto): Promise<ListedRawDataPackage> {
    const { manager } = change;
    const { external_id: externalId, name = externalId } = request;
    const rows = rowsOfPackage(request.files ?? [], externalId);
    const content = contentOf(rows, externalId);
    const belongsTo = await resolveOwner(manager, request);
    const id = await insertRawDataPackage(manager, {
      externalId,
      name,
      dims: { ...belongsTo.dims, raw_data_package: name },
      contentHash: request.sha256 ?? content.contentHash,
      sizeBytes: request.size_bytes ?? content.sizeBytes,
      metadata: request.metadata ?? {},
      executedObsUnitId: request.executed_obs_unit_id,
      moduleId: belongsTo.moduleId,
      state: request.state ?? 'WAITING',
    });
    if (rows.length > 0)
      await ingestRows(manager, { rows, mode: 'all', pointerOf: (row) => `/files/${row}` });
    const created = await this.show(id, manager);
    const after = RawDataPackageResponse.from(created);
    await change.audit({
      action: 'raw_data_package.create',
      target: `raw_data_package:${externalId}`,
      after,
    });
    return created;
  }

  /** Moving to the state that it has, with nothing else to say, changes nothing: transfers report more than once. */
  async move(change: Change, id: number, request: MoveRawDataPackageDto): Promise<ListedRawDataPackage> {
    const { manager } = change;
    const before = await this.show(id, manager);
    checkPairs(request);
    if (request.state !== before.state) {
      const isMoved =
        canMove(before.state, request.state) &&
        (await movePackage(manager, { id, from: before.state, to: request.state }));
      if (!isMoved) throw illegalMove(before.state, request.state);
    }
    await recordTar(manager, before, request);
    const after = await this.show(id, manager);
    checkTarIsThere(after, request);
    const [shownBefore, shownAfter] = [
      RawDataPackageResponse.from(before),
      RawDataPackageResponse.from(after),
    ];
    if (JSON.stringify(shownBefore) === JSON.stringify(shownAfter)) change.changedNothing();
    else {
      const target = `raw_data_package:${before.externalId}`;
      await change.audit({ action: 'raw_data_package.move', target, before: shownBefore, after: shownAfter });
    }
    return after;
  }

  list(query: ListRawDataPackagesDto): Listing<ListedRawDataPackage, RawDataPackageResponse> {
    const filter = {
      id: null,
      externalId: query.external_id ?? null,
      state: query.state ?? null,
      executedObsUnitId: query.executed_obs_unit_id ?? null,
    };
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listRawDataPackages(this.dataSource.manager, { ...filter, after: after ?? 0, limit }),
      present: (listed) => RawDataPackageResponse.from(listed),
    });
  }

  async show(id: number, manager: EntityManager = this.dataSource.manager): Promise<ListedRawDataPackage> {
    const [found] = await listRawDataPackages(manager, { ...ANY, id, after: 0, limit: 1 });
    if (found === undefined) throw notFound('raw_data_package', id);
    return found;
  }
}

async function resolveOwner(
  manager: EntityManager,
  request: CreateRawDataPackageDto,
): Promise<{ moduleId: number; dims: Dims }> {
  const { executed_obs_unit_id: executedId, instrument_module: moduleName } = request;
  const names = { locations: [], modules: [moduleName], executedObsUnits: [executedId], packages: [] };
  const found = await resolveRawFileReferences(manager, names);
  const executed = found.executedObsUnits[executedId.toLowerCase()];
  const module = found.modules[moduleName];
  if (executed === undefined)
    throw unknownReference('executed_obs_unit', executedId, '/executed_obs_unit_id');
  if (module === undefined) throw unknownReference('instrument_module', moduleName, '/instrument_module');
  return { moduleId: module.id, dims: { ...executed.dims, ...module.dims } };
}

/** @throws DomainError `request.invalid` when one half of location and path, or of sha256 and size, is missing or wrong. */
function checkPairs(request: MoveRawDataPackageDto): void {
  const problems: Problem[] = [];
  for (const [one, other] of [
    ['location', 'path'],
    ['path', 'location'],
    ['sha256', 'size_bytes'],
    ['size_bytes', 'sha256'],
  ] as const) {
    if (request[one] === undefined || request[other] !== undefined) continue;
    problems.push({ code: 'field.required', path: `/${other}`, message: `${other} is required with ${one}` });
  }
  if (request.path !== undefined && !isSafeRelativePath(request.path)) {
    problems.push({
      code: 'field.invalid',
      path: '/path',
      message: 'must be a relative path without "." and ".." parts',
    });
  }
  if (problems.length > 0) throw invalidRequest(problems);
}

async function recordTar(
  manager: EntityManager,
  before: ListedRawDataPackage,
  request: MoveRawDataPackageDto,
): Promise<void> {
  const { sha256, size_bytes: sizeBytes, location, path } = request;
  const isNewContent = sha256 !== undefined && sizeBytes !== undefined && sha256 !== before.contentHash;
  if (isNewContent) await replacePackageContent(manager, { id: before.id, contentHash: sha256, sizeBytes });
  if (location === undefined || path === undefined) return;
  const reference = { noun: 'location', name: location, path: '/location' };
  const { id: locationId } = await findReferenced(manager.getRepository(DataLocation), reference);
  await addCopies(manager, [{ itemId: before.id, locationId, path }]);
}

/** A place that another item has is not given away: `addCopies` leaves it, and the caller is told. */
function checkTarIsThere({ copies }: ListedRawDataPackage, { location, path }: MoveRawDataPackageDto): void {
  if (location === undefined || copies.some((copy) => copy.location === location && copy.path === path))
    return;
  const message = 'another item is registered at this place';
  throw invalidRequest([{ code: 'raw_data_package.path_taken', path: '/path', message }]);
}
