import type { InstrumentModule } from '@meridian/ops-db';
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import { Id } from '../http/id.pipe.js';
import type { Listing } from '../paging/listing.js';
import { CreateInstrumentModuleDto } from './dto/create-instrument-module.dto.js';
import { ListInstrumentModulesDto } from './dto/list-instrument-modules.dto.js';
import { InstrumentModuleResponse } from './instrument-module.response.js';
import { InstrumentModulesService } from './instrument-modules.service.js';

@ApiTags('observatory')
@Controller('instrument-modules')
export class InstrumentModulesController {
  constructor(private readonly modules: InstrumentModulesService) {}

  @Post()
  @Allow('operator')
  @AnswersCreated(InstrumentModuleResponse, 'Create a module of an instrument.')
  async create(
    @Body() body: CreateInstrumentModuleDto,
    @InChange() change: Change,
  ): Promise<InstrumentModuleResponse> {
    return InstrumentModuleResponse.from(await this.modules.create(change, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(InstrumentModuleResponse, 'List modules, oldest first.')
  list(@Query() query: ListInstrumentModulesDto): Listing<InstrumentModule, InstrumentModuleResponse> {
    return this.modules.list(query);
  }

  @Get(':id')
  @Allow('viewer')
  @Answers(InstrumentModuleResponse, 'Show one module. Its name alone is not unique, so only by id.')
  async show(@Id() id: number): Promise<InstrumentModuleResponse> {
    return InstrumentModuleResponse.from(await this.modules.show(id));
  }
}
