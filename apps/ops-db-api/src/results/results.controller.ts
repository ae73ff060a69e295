import { listResultsAsOf, type ResultAsOfRow } from '@meridian/ops-db';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Allow } from '../auth/allow.decorator.js';
import { AnswersPage } from '../http/answers.js';
import { listingById, type Listing } from '../paging/listing.js';
import { ResultsQueryDto } from './dto/results.dto.js';
import { ResultAsOfResponse } from './result.response.js';

@ApiTags('results')
@Controller('results')
@Allow('viewer', 'service')
export class ResultsController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  @AnswersPage(
    ResultAsOfResponse,
    'What was current at a time: of each sub-group the run whose products were its result then.',
  )
  list(@Query() query: ResultsQueryDto): Listing<ResultAsOfRow, ResultAsOfResponse> {
    const { as_of: at, pipeline = null, step = null, grouping = null, sub_group: subGroupId = null } = query;
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listResultsAsOf(this.dataSource.manager, { at, pipeline, step, grouping, subGroupId, after, limit }),
      present: (row) => ResultAsOfResponse.from(row),
    });
  }
}
