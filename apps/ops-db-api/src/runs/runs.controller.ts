import { Body, Controller, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import { DescribesQuery, DimsQueryPipe, RawQuery, type QueryWithDims } from '../paging/dims-query.js';
import type { Listing } from '../paging/listing.js';
import { CancelRunDto, RetryRunDto, RunsQueryDto, RunsSummaryQuery } from './dto/runs.dto.js';
import { RunResponse, RunSummaryResponse, StepRunsResponse } from './run.response.js';
import { RunsService } from './runs.service.js';

@ApiTags('runs')
@Controller('runs')
@Allow('viewer', 'service')
export class RunsController {
  constructor(private readonly runs: RunsService) {}

  @Get()
  @DescribesQuery(RunsQueryDto)
  @AnswersPage(RunSummaryResponse, 'Runs, newest first.')
  list(
    @RawQuery(new DimsQueryPipe(RunsQueryDto)) query: QueryWithDims<RunsQueryDto>,
  ): Listing<unknown, RunSummaryResponse> {
    return this.runs.list(query);
  }

  @Get('summary')
  @ApiOperation({ summary: 'Runs of every step, counted by status: exact, and as fast with millions.' })
  @ApiOkResponse({ type: [StepRunsResponse] })
  async summary(@Query() query: RunsSummaryQuery): Promise<StepRunsResponse[]> {
    return StepRunsResponse.gather(await this.runs.summary(query));
  }

  @Get(':id')
  @Answers(
    RunResponse,
    'One run: recipe, config, inputs as frozen, attempts, history, products, metrics, warnings.',
  )
  async show(@Param('id', ParseIntPipe) id: number): Promise<RunResponse> {
    return RunResponse.from(await this.runs.show(id));
  }

  @Post(':id/cancellation')
  @HttpCode(202)
  @Allow('scientist')
  @ApiOperation({
    summary: 'Cancel a run: a waiting one at once, a running one as soon as the site has stopped it.',
  })
  @ApiAcceptedResponse({ type: RunResponse })
  async cancel(
    @Param('id', ParseIntPipe) id: number,
    @Body() { reason }: CancelRunDto,
    @InChange() change: Change,
  ): Promise<RunResponse> {
    return RunResponse.from(await this.runs.cancel(change, id, reason));
  }

  @Post(':id/retry')
  @HttpCode(202)
  @Allow('scientist')
  @ApiOperation({
    summary: 'Try a FAILED run again, with a new retry budget and, where given, other resources.',
  })
  @ApiAcceptedResponse({ type: RunResponse })
  async retry(
    @Param('id', ParseIntPipe) id: number,
    @Body() body: RetryRunDto,
    @InChange() change: Change,
  ): Promise<RunResponse> {
    return RunResponse.from(await this.runs.retry(change, id, body));
  }
}
