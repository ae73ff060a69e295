import type { Observatory } from '@meridian/ops-db';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { CreateObservatoryDto } from './dto/create-observatory.dto.js';
import { ObservatoryResponse } from './observatory.response.js';
import { ObservatoriesService } from './observatories.service.js';

@ApiTags('observatory')
@Controller('observatories')
export class ObservatoriesController {
  constructor(private readonly observatories: ObservatoriesService) {}

  @Post()
  @Allow('operator')
  @AnswersCreated(ObservatoryResponse, 'Create an observatory.')
  async create(@Body() body: CreateObservatoryDto, @InChange() change: Change): Promise<ObservatoryResponse> {
    return ObservatoryResponse.from(await this.observatories.create(change, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(ObservatoryResponse, 'List observatories, oldest first.')
  list(@Query() query: PageQuery): Listing<Observatory, ObservatoryResponse> {
    return this.observatories.list(query);
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Answers(ObservatoryResponse, 'Show one observatory, by id or name.')
  async show(@Param('idOrName') idOrName: string): Promise<ObservatoryResponse> {
    return ObservatoryResponse.from(await this.observatories.show(idOrName));
  }
}
