import type { ObservingProgram } from '@meridian/ops-db';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { CreateObservingProgramDto } from './dto/create-observing-program.dto.js';
import { ObservingProgramResponse } from './observing-program.response.js';
import { ObservingProgramsService } from './observing-programs.service.js';

@ApiTags('observatory')
@Controller('observing-programs')
export class ObservingProgramsController {
  constructor(private readonly observingPrograms: ObservingProgramsService) {}

  @Post()
  @Allow('operator')
  @AnswersCreated(ObservingProgramResponse, 'Create an observing program.')
  async create(
    @Body() body: CreateObservingProgramDto,
    @InChange() change: Change,
  ): Promise<ObservingProgramResponse> {
    return ObservingProgramResponse.from(await this.observingPrograms.create(change, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(ObservingProgramResponse, 'List observing programs, oldest first.')
  list(@Query() query: PageQuery): Listing<ObservingProgram, ObservingProgramResponse> {
    return this.observingPrograms.list(query);
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Answers(ObservingProgramResponse, 'Show one observing program, by id or name.')
  async show(@Param('idOrName') idOrName: string): Promise<ObservingProgramResponse> {
    return ObservingProgramResponse.from(await this.observingPrograms.show(idOrName));
  }
}
