import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { PauseDto } from '../pipelines/dto/pipeline.dto.js';
import { PoolResponse } from './pool.response.js';
import { PoolsService } from './pools.service.js';

/** Pools are defined in definitions files; here they are looked at and paused. */
@ApiTags('pools')
@Controller('pools')
@Allow('viewer', 'service')
export class PoolsController {
  constructor(private readonly pools: PoolsService) {}

  @Get()
  @AnswersPage(PoolResponse, 'Pools of slots, with how many are in use.')
  list(@Query() query: PageQuery): Listing<unknown, PoolResponse> {
    return this.pools.list(query);
  }

  @Get(':name')
  @Answers(PoolResponse, 'One pool.')
  async show(@Param('name') name: string): Promise<PoolResponse> {
    return PoolResponse.from(await this.pools.show(name));
  }

  @Post(':name/pause')
  @HttpCode(200)
  @Allow('operator')
  @Answers(
    PoolResponse,
    'Pause a pool: no run takes a slot, what runs goes on. Pausing again changes the reason.',
  )
  async pause(
    @Param('name') name: string,
    @Body() { reason }: PauseDto,
    @InChange() change: Change,
  ): Promise<PoolResponse> {
    return PoolResponse.from(await this.pools.pause(change, name, reason ?? null));
  }

  @Post(':name/resume')
  @HttpCode(200)
  @Allow('operator')
  @Answers(PoolResponse, 'Resume a pool. Resuming one that is not paused changes nothing.')
  async resume(@Param('name') name: string, @InChange() change: Change): Promise<PoolResponse> {
    return PoolResponse.from(await this.pools.resume(change, name));
  }
}
