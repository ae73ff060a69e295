import { Body, Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import {
  PausePurgingDto,
  PurgeDecisionsQueryDto,
  PurgePlanQueryDto,
  PurgeQueryDto,
  PurgesQueryDto,
  RequestPurgeDto,
  UsageQueryDto,
} from './dto/retention.dto.js';
import { PurgeDecisionResponse, PurgePlanResponse, PurgeResponse } from './purge.response.js';
import { RetentionService } from './retention.service.js';
import { LocationUsageResponse } from './usage.response.js';

@ApiTags('retention')
@Controller('locations')
@Allow('viewer', 'service')
export class LocationRetentionController {
  constructor(private readonly retention: RetentionService) {}

  @Get(':name/usage')
  @Answers(LocationUsageResponse, 'What lies at a location, and where purging begins and ends.')
  usage(@Param('name') name: string, @Query() { disk }: UsageQueryDto): Promise<LocationUsageResponse> {
    return this.retention.usage(name, disk);
  }

  @Get(':name/purge-plan')
  @Answers(PurgePlanResponse, 'What a purge would delete now, what would stay and why; nothing is changed.')
  plan(@Param('name') name: string, @Query() query: PurgePlanQueryDto): Promise<PurgePlanResponse> {
    return this.retention.plan(name, query);
  }

  @Post(':name/purges')
  @HttpCode(202)
  @Allow('operator')
  @ApiOperation({ summary: 'Ask for a purge now: what may go goes, the oldest first, down to a level.' })
  @ApiAcceptedResponse({ type: PurgeResponse })
  request(
    @Param('name') name: string,
    @Body() body: RequestPurgeDto,
    @InChange() change: Change,
  ): Promise<PurgeResponse> {
    return this.retention.request(change, name, body);
  }

  @Post(':name/purge-pause')
  @HttpCode(200)
  @Allow('operator')
  @Answers(LocationUsageResponse, 'Let nothing be purged at a location; what is half deleted waits.')
  pause(
    @Param('name') name: string,
    @Body() { reason }: PausePurgingDto,
    @InChange() change: Change,
  ): Promise<LocationUsageResponse> {
    return this.retention.pause(change, name, reason);
  }

  @Delete(':name/purge-pause')
  @Allow('operator')
  @Answers(LocationUsageResponse, 'Let purging go on. Where it is not paused this changes nothing.')
  resume(@Param('name') name: string, @InChange() change: Change): Promise<LocationUsageResponse> {
    return this.retention.pause(change, name, null);
  }
}

@ApiTags('retention')
@Controller('purges')
@Allow('viewer', 'service')
export class PurgesController {
  constructor(private readonly retention: RetentionService) {}

  @Get()
  @AnswersPage(PurgeResponse, 'Purges, newest first, with sums of what they decided.')
  list(@Query() query: PurgesQueryDto): Listing<unknown, PurgeResponse> {
    return this.retention.list(query);
  }

  @Get(':id')
  @Answers(PurgeResponse, 'One purge, now or as soon as it has ended.')
  show(
    @Param('id', ParseIntPipe) id: number,
    @Query() { wait_seconds: seconds }: PurgeQueryDto,
  ): Promise<PurgeResponse> {
    return this.retention.show(id, seconds);
  }
}

@ApiTags('retention')
@Controller('purge-decisions')
@Allow('viewer', 'service')
export class PurgeDecisionsController {
  constructor(private readonly retention: RetentionService) {}

  @Get()
  @AnswersPage(
    PurgeDecisionResponse,
    'The ledger, newest first: each file that was deleted, and of each that stays the latest reason.',
  )
  list(@Query() query: PurgeDecisionsQueryDto): Promise<Listing<unknown, PurgeDecisionResponse>> {
    return this.retention.decisions(query);
  }
}
