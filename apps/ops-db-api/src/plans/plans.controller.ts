import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { DEFINITIONS_FILE } from '../definitions/definitions-file.schema.js';
import { ChangesNothing } from '../http/change.js';
import { invalidRequest } from '../http/validation.js';
import { PlanQuery } from './dto/plan.dto.js';
import { PipelinePlanResponse } from './plan.response.js';
import { PlansService } from './plans.service.js';

@ApiTags('pipelines')
@Controller('pipelines')
@Allow('viewer', 'service')
export class PlansController {
  constructor(private readonly plans: PlansService) {}

  @Get(':pipeline/plan')
  @ApiOperation({
    summary: 'What an evaluation would find now, what it would run, and what that costs; nothing is changed.',
  })
  @ApiOkResponse({ type: PipelinePlanResponse })
  plan(@Param('pipeline') nameOrId: string, @Query() { sample }: PlanQuery): Promise<PipelinePlanResponse> {
    return this.plans.plan({ nameOrId, proposal: undefined, sample });
  }

  @Post(':pipeline/plan')
  @HttpCode(200)
  @Allow('viewer')
  @ChangesNothing()
  @ApiOperation({
    summary:
      'The same with a proposed change: what it would make of every sub-group, before anybody applies it; nothing is changed.',
  })
  @ApiBody({
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['proposal'],
      properties: { proposal: DEFINITIONS_FILE },
    },
  })
  @ApiOkResponse({ type: PipelinePlanResponse })
  planProposal(
    @Param('pipeline') nameOrId: string,
    @Body() body: unknown,
    @Query() { sample }: PlanQuery,
  ): Promise<PipelinePlanResponse> {
    return this.plans.plan({ nameOrId, proposal: proposalOf(body), sample });
  }
}

/** What is in it is checked as `apply` does. */
function proposalOf(body: unknown): unknown {
  if (typeof body === 'object' && body !== null && Object.keys(body).join() === 'proposal')
    return (body as { readonly proposal: unknown }).proposal;
  throw invalidRequest([
    {
      code: 'field.invalid',
      path: '/proposal',
      message: 'must be there, a definitions file as apply takes it, and nothing else',
    },
  ]);
}
