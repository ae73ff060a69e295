import { DataLocation } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan } from 'typeorm';
import type { Change } from '../http/change.js';
import { checkIfMatch } from '../http/etag.js';
import { findByIdOrName } from '../http/find-named.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { CreateLocationDto, LocationSettingsDto } from './dto/location.dto.js';
import { LocationResponse, withoutHealth } from './location.response.js';
import { checkLocationSettings } from './location-settings.js';

const columnsOf = (settings: LocationSettingsDto) => ({
  kind: settings.kind,
  basePath: settings.base_path,
  backend: settings.backend ?? null,
  backendConfig: settings.backend_config ?? {},
  runtime: settings.runtime ?? null,
  staging: settings.staging ?? ('link' as const),
  maxActiveRuns: settings.max_active_runs ?? null,
  maxJobsInQueue: settings.max_jobs_in_queue ?? null,
  capacityBytes: settings.capacity_bytes ?? null,
  highWaterBytes: settings.high_water_bytes ?? null,
  lowWaterBytes: settings.low_water_bytes ?? null,
});

type Columns = ReturnType<typeof columnsOf> | Pick<DataLocation, 'pausedAt' | 'pausedBy' | 'pauseReason'>;

@Injectable()
export class LocationsService {
  constructor(private readonly dataSource: DataSource) {}

  async create(change: Change, request: CreateLocationDto): Promise<DataLocation> {
    checkLocationSettings(request);
    const locations = change.manager.getRepository(DataLocation);
    const row = { name: request.name, ...columnsOf(request), updatedAt: new Date() };
    const { id } = await locations.insert(row).then(({ identifiers }) => identifiers[0] as { id: number });
    const created = await locations.findOneByOrFail({ id });
    await change.audit({
      action: 'location.create',
      target: `location:${created.name}`,
      after: withoutHealth(LocationResponse.from(created)),
    });
    return created;
  }

  list(query: PageQuery): Listing<DataLocation, LocationResponse> {
    const locations = this.dataSource.getRepository(DataLocation);
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        locations.find({ where: { id: MoreThan(after ?? 0) }, order: { id: 'ASC' }, take: limit }),
      present: (location) => LocationResponse.from(location),
    });
  }

  show(idOrName: string): Promise<DataLocation> {
    return findByIdOrName(this.dataSource.getRepository(DataLocation), 'location', idOrName);
  }

  async replace(
    change: Change,
    request: {
      readonly idOrName: string;
      readonly settings: LocationSettingsDto;
      readonly ifMatch: string | undefined;
    },
  ): Promise<DataLocation> {
    checkLocationSettings(request.settings);
    const location = await lockLocation(change, request.idOrName);
    checkIfMatch(request.ifMatch, withoutHealth(LocationResponse.from(location)));
    return update(change, location, { action: 'location.replace', columns: columnsOf(request.settings) });
  }

  async pause(change: Change, idOrName: string, reason: string): Promise<DataLocation> {
    const location = await lockLocation(change, idOrName);
    const columns = {
      pausedAt: location.pausedAt ?? new Date(),
      pausedBy: change.actor,
      pauseReason: reason,
    };
    return update(change, location, { action: 'location.pause', columns });
  }

  async resume(change: Change, idOrName: string): Promise<DataLocation> {
    const location = await lockLocation(change, idOrName);
    if (location.pausedAt === null) {
      change.changedNothing();
      return location;
    }
    const columns = { pausedAt: null, pausedBy: null, pauseReason: null };
    return update(change, location, { action: 'location.resume', columns });
  }
}

/** Reads a location so that nobody else changes it before this transaction ends. */
async function lockLocation({ manager }: Change, idOrName: string): Promise<DataLocation> {
  const locations = manager.getRepository(DataLocation);
  const { id } = await findByIdOrName(locations, 'location', idOrName);
  return locations.findOneOrFail({ where: { id }, lock: { mode: 'pessimistic_write' } });
}

async function update(
  change: Change,
  before: DataLocation,
  { action, columns }: { readonly action: string; readonly columns: Columns },
): Promise<DataLocation> {
  const locations = change.manager.getRepository(DataLocation);
  await locations.update(before.id, { ...columns, updatedAt: new Date() });
  const after = await locations.findOneByOrFail({ id: before.id });
  await change.audit({
    action,
    target: `location:${after.name}`,
    before: withoutHealth(LocationResponse.from(before)),
    after: withoutHealth(LocationResponse.from(after)),
  });
  return after;
}
