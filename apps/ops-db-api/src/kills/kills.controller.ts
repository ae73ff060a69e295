import { Body, Controller, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { CreateKillDto } from './dto/kills.dto.js';
import { KillResponse } from './kill.response.js';
import { KillsService } from './kills.service.js';

@ApiTags('kills')
@Controller('kills')
@Allow('viewer')
export class KillsController {
  constructor(private readonly kills: KillsService) {}

  @Post()
  @HttpCode(202)
  @Allow('scientist')
  @ApiOperation({
    summary:
      'Stop a run, a pipeline, a location or everything: nothing new starts, and what runs is cancelled.',
    description: 'It stays open until every site concerned has answered twice that nothing is alive.',
  })
  @ApiAcceptedResponse({ type: KillResponse })
  async open(@Body() body: CreateKillDto, @InChange() change: Change): Promise<KillResponse> {
    return KillResponse.from(await this.kills.open(change, body));
  }

  @Get()
  @AnswersPage(KillResponse, 'Kills, newest first.')
  list(@Query() query: PageQuery): Listing<unknown, KillResponse> {
    return this.kills.list(query);
  }

  @Get(':id')
  @Answers(KillResponse, 'One kill with its proof so far: what each site said, and what became of the runs.')
  async show(@Param('id', ParseIntPipe) id: number): Promise<KillResponse> {
    return KillResponse.from(await this.kills.show(id));
  }

  @Post(':id/lift')
  @HttpCode(200)
  @Allow('operator')
  @Answers(
    KillResponse,
    'Let its scope go on: ends the stop of everything, or gives up a kill without its proof. Pauses stay until they are resumed.',
  )
  async lift(@Param('id', ParseIntPipe) id: number, @InChange() change: Change): Promise<KillResponse> {
    return KillResponse.from(await this.kills.lift(change, id));
  }
}
