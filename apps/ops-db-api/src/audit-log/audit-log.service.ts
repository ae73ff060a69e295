import { AuditLogEntry } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, LessThan } from 'typeorm';
import { listingById, type Listing } from '../paging/listing.js';
import { AuditLogResponse } from './audit-log.response.js';
import type { ListAuditLogDto } from './dto/list-audit-log.dto.js';

@Injectable()
export class AuditLogService {
  constructor(private readonly dataSource: DataSource) {}

  list(query: ListAuditLogDto): Listing<AuditLogEntry, AuditLogResponse> {
    const entries = this.dataSource.getRepository(AuditLogEntry);
    const { target, actor } = query;
    const filter = { ...(target === undefined ? {} : { target }), ...(actor === undefined ? {} : { actor }) };
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        entries.find({
          where: { ...filter, id: LessThan(after ?? Number.MAX_SAFE_INTEGER) },
          order: { id: 'DESC' },
          take: limit,
        }),
      present: (entry) => AuditLogResponse.from(entry),
    });
  }
}
