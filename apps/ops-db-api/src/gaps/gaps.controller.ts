import { Body, Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersNothing, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import { DescribesQuery, DimsQueryPipe, RawQuery, type QueryWithDims } from '../paging/dims-query.js';
import type { Listing } from '../paging/listing.js';
import { GapExplanationResponse } from './explanation.response.js';
import { GapsQueryDto, GapsSummaryQuery, WaiverDto } from './dto/gaps.dto.js';
import { GapResponse, StepGapsResponse } from './gap.response.js';
import { GapsService } from './gaps.service.js';

@ApiTags('gaps')
@Controller('gaps')
@Allow('viewer', 'service')
export class GapsController {
  constructor(private readonly gaps: GapsService) {}

  @Get()
  @DescribesQuery(GapsQueryDto)
  @AnswersPage(
    GapResponse,
    'What is missing, and why: every sub-group that is not current, or those in one state.',
  )
  list(
    @RawQuery(new DimsQueryPipe(GapsQueryDto)) query: QueryWithDims<GapsQueryDto>,
  ): Listing<unknown, GapResponse> {
    return this.gaps.list(query);
  }

  @Get('summary')
  @ApiOperation({ summary: 'Sub-groups of every step, counted by state.' })
  @ApiOkResponse({ type: [StepGapsResponse] })
  async summary(@Query() { pipeline }: GapsSummaryQuery): Promise<StepGapsResponse[]> {
    return StepGapsResponse.gather(await this.gaps.summary(pipeline ?? null));
  }

  @Get(':id/explanation')
  @Answers(
    GapExplanationResponse,
    'Why a sub-group is what it is: what differs from its last result, what it waits for, and when it can be run.',
  )
  explain(@Param('id', ParseIntPipe) id: number): Promise<GapExplanationResponse> {
    return this.gaps.explain(id);
  }
}

@ApiTags('gaps')
@Controller('sub-groups')
@Allow('viewer', 'service')
export class SubGroupsController {
  constructor(private readonly gaps: GapsService) {}

  @Get(':id')
  @Answers(GapResponse, 'One sub-group and its state.')
  async show(@Param('id', ParseIntPipe) id: number): Promise<GapResponse> {
    return GapResponse.from(await this.gaps.show(id));
  }

  @Post(':id/waiver')
  @Allow('scientist')
  @AnswersCreated(GapResponse, 'Waive a sub-group: it is not run, and says who decided that and why.')
  async waive(
    @Param('id', ParseIntPipe) id: number,
    @Body() { reason }: WaiverDto,
    @InChange() change: Change,
  ): Promise<GapResponse> {
    return GapResponse.from(await this.gaps.waive(change, id, reason));
  }

  @Delete(':id/waiver')
  @HttpCode(204)
  @Allow('scientist')
  @AnswersNothing('Take a waiver back. Doing so twice changes nothing.')
  async takeBackWaiver(@Param('id', ParseIntPipe) id: number, @InChange() change: Change): Promise<void> {
    await this.gaps.takeBackWaiver(change, id);
  }
}
