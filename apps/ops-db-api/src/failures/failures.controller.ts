import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { AnswersPage } from '../http/answers.js';
import { DescribesQuery, DimsQueryPipe, RawQuery, type QueryWithDims } from '../paging/dims-query.js';
import type { Listing } from '../paging/listing.js';
import { FailuresQueryDto } from './dto/failures.dto.js';
import { FailureResponse } from './failure.response.js';
import { FailuresService } from './failures.service.js';

@ApiTags('failures')
@Controller('failures')
@Allow('viewer', 'service')
export class FailuresController {
  constructor(private readonly failures: FailuresService) {}

  @Get()
  @DescribesQuery(FailuresQueryDto)
  @AnswersPage(
    FailureResponse,
    'What failed and was not healed since: sub-groups whose newest work failed, and items of which a step last said so. Newest run first.',
  )
  list(
    @RawQuery(new DimsQueryPipe(FailuresQueryDto)) query: QueryWithDims<FailuresQueryDto>,
  ): Listing<unknown, FailureResponse> {
    return this.failures.list(query);
  }
}
