import type { Source } from '@meridian/ops-db';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { CreateSourceDto } from './dto/create-source.dto.js';
import { SourceResponse } from './source.response.js';
import { SourcesService } from './sources.service.js';

@ApiTags('observatory')
@Controller('sources')
export class SourcesController {
  constructor(private readonly sources: SourcesService) {}

  @Post()
  @Allow('operator')
  @AnswersCreated(SourceResponse, 'Create a source.')
  async create(@Body() body: CreateSourceDto, @InChange() change: Change): Promise<SourceResponse> {
    return SourceResponse.from(await this.sources.create(change, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(SourceResponse, 'List sources, oldest first.')
  list(@Query() query: PageQuery): Listing<Source, SourceResponse> {
    return this.sources.list(query);
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Answers(SourceResponse, 'Show one source, by id or name.')
  async show(@Param('idOrName') idOrName: string): Promise<SourceResponse> {
    return SourceResponse.from(await this.sources.show(idOrName));
  }
}
