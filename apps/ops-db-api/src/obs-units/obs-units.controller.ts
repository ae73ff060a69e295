import type { ObsUnit } from '@meridian/ops-db';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { CreateObsUnitDto } from './dto/create-obs-unit.dto.js';
import { ObsUnitResponse } from './obs-unit.response.js';
import { ObsUnitsService } from './obs-units.service.js';

@ApiTags('observatory')
@Controller('obs-units')
export class ObsUnitsController {
  constructor(private readonly obsUnits: ObsUnitsService) {}

  @Post()
  @Allow('operator')
  @AnswersCreated(ObsUnitResponse, 'Create an obs unit.')
  async create(@Body() body: CreateObsUnitDto, @InChange() change: Change): Promise<ObsUnitResponse> {
    return ObsUnitResponse.from(await this.obsUnits.create(change, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(ObsUnitResponse, 'List obs units, oldest first.')
  list(@Query() query: PageQuery): Listing<ObsUnit, ObsUnitResponse> {
    return this.obsUnits.list(query);
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Answers(ObsUnitResponse, 'Show one obs unit, by id or name.')
  async show(@Param('idOrName') idOrName: string): Promise<ObsUnitResponse> {
    return ObsUnitResponse.from(await this.obsUnits.show(idOrName));
  }
}
