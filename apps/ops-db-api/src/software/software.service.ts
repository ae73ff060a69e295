import { DomainError } from '@meridian/core';
import {
  findSoftware,
  listSoftware,
  listSoftwareVersions,
  type SoftwareRow,
  type SoftwareVersionRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { DefinitionsService } from '../definitions/definitions.service.js';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { RegisterSoftwareDto } from './dto/register-software.dto.js';
import { SoftwareResponse } from './software.response.js';

@Injectable()
export class SoftwareService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly definitions: DefinitionsService,
  ) {}

  /** Registers one version, as a definitions file with nothing else would: steps that follow the newest one move to it. */
  async register(change: Change, request: RegisterSoftwareDto): Promise<SoftwareVersionRow> {
    const plan = await this.definitions.apply(change, { software: [{ ...request }] });
    if (plan.software[0]?.change === 'unchanged') throw alreadyRegistered(request);
    return showVersion(change.manager, request.name, request.version);
  }

  list(query: PageQuery): Listing<SoftwareRow, SoftwareResponse> {
    return listingById({
      query,
      fetch: (page) => listSoftware(this.dataSource.manager, page),
      present: (row) => SoftwareResponse.from(row),
    });
  }

  async show(name: string): Promise<SoftwareRow> {
    const software = await findSoftware(this.dataSource.manager, name);
    if (software === undefined) throw notFound('software', name);
    return software;
  }

  async versions(name: string): Promise<SoftwareVersionRow[]> {
    await this.show(name);
    return listSoftwareVersions(this.dataSource.manager, name, null);
  }

  version(name: string, version: string): Promise<SoftwareVersionRow> {
    return showVersion(this.dataSource.manager, name, version);
  }
}

async function showVersion(
  manager: EntityManager,
  name: string,
  version: string,
): Promise<SoftwareVersionRow> {
  const [row] = await listSoftwareVersions(manager, name, version);
  if (row === undefined) throw notFound('software', `${name}@${version}`);
  return row;
}

const alreadyRegistered = ({ name, version }: RegisterSoftwareDto): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'software.already_registered',
    message: `${name} ${version} is registered already, exactly like this.`,
    action: 'Use it as it is, or register a new version.',
  });
