import type { Telescope } from '@meridian/ops-db';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { CreateTelescopeDto } from './dto/create-telescope.dto.js';
import { TelescopeResponse } from './telescope.response.js';
import { TelescopesService } from './telescopes.service.js';

@ApiTags('observatory')
@Controller('telescopes')
export class TelescopesController {
  constructor(private readonly telescopes: TelescopesService) {}

  @Post()
  @Allow('operator')
  @AnswersCreated(TelescopeResponse, 'Create a telescope.')
  async create(@Body() body: CreateTelescopeDto, @InChange() change: Change): Promise<TelescopeResponse> {
    return TelescopeResponse.from(await this.telescopes.create(change, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(TelescopeResponse, 'List telescopes, oldest first.')
  list(@Query() query: PageQuery): Listing<Telescope, TelescopeResponse> {
    return this.telescopes.list(query);
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Answers(TelescopeResponse, 'Show one telescope, by id or name.')
  async show(@Param('idOrName') idOrName: string): Promise<TelescopeResponse> {
    return TelescopeResponse.from(await this.telescopes.show(idOrName));
  }
}
