import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import { revisionTag } from '../http/revision.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { PauseDto, TriggerPipelineDto } from './dto/pipeline.dto.js';
import { PipelineResponse, PipelineSummaryResponse, TriggerRequestResponse } from './pipeline.response.js';
import { PipelinesService } from './pipelines.service.js';

const IfMatch = (): MethodDecorator =>
  ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'The ETag you have read: refuses with 412 when somebody was faster.',
  });

/** A pipeline is addressed by its name or its id. */
@ApiTags('pipelines')
@Controller('pipelines')
@Allow('viewer', 'service')
export class PipelinesController {
  constructor(private readonly pipelines: PipelinesService) {}

  @Get()
  @AnswersPage(PipelineSummaryResponse, 'Pipelines, with their sub-groups counted by state.')
  list(@Query() query: PageQuery): Listing<unknown, PipelineSummaryResponse> {
    return this.pipelines.list(query);
  }

  @Get(':pipeline')
  @Answers(PipelineResponse, 'One pipeline with its steps; its revision is the ETag.')
  async show(
    @Param('pipeline') pipeline: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<PipelineResponse> {
    const shown = await this.pipelines.show(pipeline);
    response.setHeader('ETag', revisionTag(shown.revision));
    return shown;
  }

  @Post(':pipeline/enable')
  @HttpCode(200)
  @Allow('operator')
  @IfMatch()
  @Answers(PipelineResponse, 'Enable a pipeline: its gaps are evaluated and run again.')
  enable(
    @Param('pipeline') nameOrId: string,
    @Headers('if-match') ifMatch: string | undefined,
    @InChange() change: Change,
  ): Promise<PipelineResponse> {
    return this.pipelines.operate(change, { nameOrId, ifMatch, operation: { kind: 'enable' } });
  }

  @Post(':pipeline/disable')
  @HttpCode(200)
  @Allow('operator')
  @IfMatch()
  @Answers(PipelineResponse, 'Disable a pipeline: nothing new is run; what runs goes on.')
  disable(
    @Param('pipeline') nameOrId: string,
    @Headers('if-match') ifMatch: string | undefined,
    @InChange() change: Change,
  ): Promise<PipelineResponse> {
    return this.pipelines.operate(change, { nameOrId, ifMatch, operation: { kind: 'disable' } });
  }

  @Post(':pipeline/pause')
  @HttpCode(200)
  @Allow('operator')
  @IfMatch()
  @Answers(PipelineResponse, 'Pause a pipeline: gaps are still evaluated, and say who paused them and why.')
  pause(
    @Param('pipeline') nameOrId: string,
    @Body() { reason }: PauseDto,
    @Headers('if-match') ifMatch: string | undefined,
    @InChange() change: Change,
  ): Promise<PipelineResponse> {
    const operation = { kind: 'pause', by: change.actor, reason: reason ?? null } as const;
    return this.pipelines.operate(change, { nameOrId, ifMatch, operation });
  }

  @Post(':pipeline/resume')
  @HttpCode(200)
  @Allow('operator')
  @IfMatch()
  @Answers(PipelineResponse, 'Resume a paused pipeline.')
  resume(
    @Param('pipeline') nameOrId: string,
    @Headers('if-match') ifMatch: string | undefined,
    @InChange() change: Change,
  ): Promise<PipelineResponse> {
    return this.pipelines.operate(change, { nameOrId, ifMatch, operation: { kind: 'resume' } });
  }

  @Post(':pipeline/steps/:step/pause')
  @HttpCode(200)
  @Allow('operator')
  @Answers(
    PipelineResponse,
    'Pause a step: it gets no new runs, and those that it has wait; what runs goes on.',
  )
  pauseStep(
    @Param('pipeline') nameOrId: string,
    @Param('step') step: string,
    @Body() { reason }: PauseDto,
    @InChange() change: Change,
  ): Promise<PipelineResponse> {
    return this.pipelines.pauseStep(change, { nameOrId, step, reason: reason ?? null });
  }

  @Post(':pipeline/steps/:step/resume')
  @HttpCode(200)
  @Allow('operator')
  @Answers(PipelineResponse, 'Resume a paused step. Resuming one that is not paused changes nothing.')
  resumeStep(
    @Param('pipeline') nameOrId: string,
    @Param('step') step: string,
    @InChange() change: Change,
  ): Promise<PipelineResponse> {
    return this.pipelines.pauseStep(change, { nameOrId, step, resume: true });
  }

  @Post(':pipeline/trigger')
  @HttpCode(202)
  @Allow('scientist')
  @ApiOperation({
    summary: 'Ask for runs of what is missing or stale; with force of everything that is selected.',
  })
  @ApiAcceptedResponse({ type: TriggerRequestResponse })
  async trigger(
    @Param('pipeline') pipeline: string,
    @Body() body: TriggerPipelineDto,
    @InChange() change: Change,
  ): Promise<TriggerRequestResponse> {
    return TriggerRequestResponse.from(await this.pipelines.trigger(change, pipeline, body));
  }
}

@ApiTags('pipelines')
@Controller('trigger-requests')
@Allow('viewer', 'service')
export class TriggerRequestsController {
  constructor(private readonly pipelines: PipelinesService) {}

  @Get(':id')
  @Answers(
    TriggerRequestResponse,
    'One request for runs; it is closed when nothing of its selection is left to do.',
  )
  async show(@Param('id', ParseIntPipe) id: number): Promise<TriggerRequestResponse> {
    return TriggerRequestResponse.from(await this.pipelines.showTriggerRequest(id));
  }
}
