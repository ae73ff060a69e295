import type { ListedExecutedObsUnit } from '@meridian/ops-db';
import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { FinishExecutedObsUnitDto } from './dto/finish-executed-obs-unit.dto.js';
import { ListExecutedObsUnitsDto } from './dto/list-executed-obs-units.dto.js';
import { StartExecutedObsUnitDto } from './dto/start-executed-obs-unit.dto.js';
import { ExecutedObsUnitResponse } from './executed-obs-unit.response.js';
import { ExecutedObsUnitsService } from './executed-obs-units.service.js';

const uuid = new ParseUUIDPipe({ errorHttpStatusCode: 404 });

@ApiTags('observatory')
@Controller('executed-obs-units')
export class ExecutedObsUnitsController {
  constructor(private readonly units: ExecutedObsUnitsService) {}

  @Post()
  @Allow('operator', 'service')
  @AnswersCreated(
    ExecutedObsUnitResponse,
    'Start an executed obs unit. Sending the same start again changes nothing.',
  )
  async start(
    @Body() body: StartExecutedObsUnitDto,
    @InChange() change: Change,
  ): Promise<ExecutedObsUnitResponse> {
    return ExecutedObsUnitResponse.from(await this.units.start(change, body));
  }

  @Post(':id/finish')
  @HttpCode(200)
  @Allow('operator', 'service')
  @Answers(
    ExecutedObsUnitResponse,
    'Finish an executed obs unit. Sending the same end again changes nothing.',
  )
  async finish(
    @Param('id', uuid) id: string,
    @Body() body: FinishExecutedObsUnitDto,
    @InChange() change: Change,
  ): Promise<ExecutedObsUnitResponse> {
    return ExecutedObsUnitResponse.from(await this.units.finish(change, id, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(ExecutedObsUnitResponse, 'List executed obs units by their start, newest first.')
  list(@Query() query: ListExecutedObsUnitsDto): Listing<ListedExecutedObsUnit, ExecutedObsUnitResponse> {
    return this.units.list(query);
  }

  @Get(':id')
  @Allow('viewer')
  @Answers(ExecutedObsUnitResponse, 'Show one executed obs unit.')
  async show(@Param('id', uuid) id: string): Promise<ExecutedObsUnitResponse> {
    return ExecutedObsUnitResponse.from(await this.units.show(id));
  }
}
