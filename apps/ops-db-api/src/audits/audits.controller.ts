import type { AuditRow, FindingRow } from '@meridian/ops-db';
import { Body, Controller, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { AuditResponse, FindingResponse } from './audit.response.js';
import { AuditsService } from './audits.service.js';
import { AuditQueryDto, AuditsQueryDto, FindingsQueryDto, RequestAuditDto } from './dto/audits.dto.js';

@ApiTags('audits')
@Controller('audits')
@Allow('viewer')
export class AuditsController {
  constructor(private readonly audits: AuditsService) {}

  @Get()
  @AnswersPage(AuditResponse, 'Audits of locations, newest first.')
  list(@Query() query: AuditsQueryDto): Promise<Listing<AuditRow, AuditResponse>> {
    return this.audits.list(query);
  }

  @Get(':id')
  @Answers(AuditResponse, 'One audit, now or as soon as it is over.')
  async show(
    @Param('id', ParseIntPipe) id: number,
    @Query() { wait_seconds: seconds }: AuditQueryDto,
  ): Promise<AuditResponse> {
    return AuditResponse.from(await this.audits.show(id, seconds));
  }

  @Get(':id/findings')
  @AnswersPage(FindingResponse, 'What an audit found, each with what to do, in the order of finding.')
  findings(
    @Param('id', ParseIntPipe) id: number,
    @Query() query: FindingsQueryDto,
  ): Promise<Listing<FindingRow, FindingResponse>> {
    return this.audits.findings(id, query);
  }
}

@ApiTags('audits')
@Controller('locations')
export class LocationAuditsController {
  constructor(private readonly audits: AuditsService) {}

  @Post(':idOrName/audits')
  @HttpCode(202)
  @Allow('operator')
  @ApiOperation({
    summary:
      'Look whether a location holds what is registered, and what else. What is missing or damaged is not used any more.',
  })
  @ApiAcceptedResponse({ type: AuditResponse })
  async request(
    @Param('idOrName') idOrName: string,
    @Body() body: RequestAuditDto,
    @InChange() change: Change,
  ): Promise<AuditResponse> {
    return AuditResponse.from(await this.audits.request(change, idOrName, body));
  }
}
