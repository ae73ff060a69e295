import type { AuditLogEntry } from '@meridian/ops-db';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { AnswersPage } from '../http/answers.js';
import type { Listing } from '../paging/listing.js';
import { AuditLogResponse } from './audit-log.response.js';
import { AuditLogService } from './audit-log.service.js';
import { ListAuditLogDto } from './dto/list-audit-log.dto.js';

@ApiTags('operating')
@Controller('audit-log')
export class AuditLogController {
  constructor(private readonly auditLog: AuditLogService) {}

  @Get()
  @Allow('operator')
  @AnswersPage(AuditLogResponse, 'Who changed what, newest first.')
  list(@Query() query: ListAuditLogDto): Listing<AuditLogEntry, AuditLogResponse> {
    return this.auditLog.list(query);
  }
}
