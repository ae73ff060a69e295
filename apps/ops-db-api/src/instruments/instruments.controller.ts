import type { Instrument } from '@meridian/ops-db';
import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { CreateInstrumentDto } from './dto/create-instrument.dto.js';
import { InstrumentResponse } from './instrument.response.js';
import { InstrumentsService } from './instruments.service.js';

@ApiTags('observatory')
@Controller('instruments')
export class InstrumentsController {
  constructor(private readonly instruments: InstrumentsService) {}

  @Post()
  @Allow('operator')
  @AnswersCreated(InstrumentResponse, 'Create an instrument.')
  async create(@Body() body: CreateInstrumentDto, @InChange() change: Change): Promise<InstrumentResponse> {
    return InstrumentResponse.from(await this.instruments.create(change, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(InstrumentResponse, 'List instruments, oldest first.')
  list(@Query() query: PageQuery): Listing<Instrument, InstrumentResponse> {
    return this.instruments.list(query);
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Answers(InstrumentResponse, 'Show one instrument, by id or name.')
  async show(@Param('idOrName') idOrName: string): Promise<InstrumentResponse> {
    return InstrumentResponse.from(await this.instruments.show(idOrName));
  }
}
