import { Body, Controller, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { LiftTaintDto, MarkTaintDto, TaintsQueryDto } from './dto/taints.dto.js';
import { ReprocessingResponse, TaintResponse } from './taint.response.js';
import { TaintsService } from './taints.service.js';

@ApiTags('taints')
@Controller('taints')
@Allow('viewer', 'service')
export class TaintsController {
  constructor(private readonly taints: TaintsService) {}

  @Post()
  @Allow('operator')
  @AnswersCreated(
    TaintResponse,
    'Mark an item, a software version or a host bad, and with it all that was made of it, now and from now on. None of that becomes public.',
  )
  async mark(@Body() body: MarkTaintDto, @InChange() change: Change): Promise<TaintResponse> {
    return TaintResponse.from(await this.taints.mark(change, body));
  }

  @Get()
  @AnswersPage(TaintResponse, 'What is marked bad, newest first, and how far it reaches.')
  list(@Query() query: TaintsQueryDto): Listing<unknown, TaintResponse> {
    return this.taints.list(query);
  }

  @Get(':id')
  @Answers(TaintResponse, 'One taint, and how far it reaches.')
  async show(@Param('id', ParseIntPipe) id: number): Promise<TaintResponse> {
    return TaintResponse.from(await this.taints.show(id));
  }

  @Post(':id/lifting')
  @HttpCode(200)
  @Allow('operator')
  @Answers(
    TaintResponse,
    'Lift a taint: what it reached is bad no longer. What was rejected meanwhile is published when somebody asks again.',
  )
  async lift(
    @Param('id', ParseIntPipe) id: number,
    @Body() { reason }: LiftTaintDto,
    @InChange() change: Change,
  ): Promise<TaintResponse> {
    return TaintResponse.from(await this.taints.lift(change, id, reason));
  }

  @Get(':id/reprocessing')
  @Answers(ReprocessingResponse, 'What making the bad results again would take; nothing is changed.')
  plan(@Param('id', ParseIntPipe) id: number): Promise<ReprocessingResponse> {
    return this.taints.plan(id);
  }

  @Post(':id/reprocessing')
  @HttpCode(202)
  @Allow('operator')
  @ApiOperation({
    summary:
      'Have the sub-groups run again whose present result was made directly with what is bad; the rest follows.',
  })
  @ApiAcceptedResponse({ type: ReprocessingResponse })
  reprocess(
    @Param('id', ParseIntPipe) id: number,
    @InChange() change: Change,
  ): Promise<ReprocessingResponse> {
    return this.taints.reprocess(change, id);
  }
}
