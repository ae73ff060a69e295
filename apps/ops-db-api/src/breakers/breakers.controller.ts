import type { BreakerRow } from '@meridian/ops-db';
import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import { Id } from '../http/id.pipe.js';
import type { Listing } from '../paging/listing.js';
import { BreakerResponse } from './breaker.response.js';
import { BreakersService } from './breakers.service.js';
import { BreakersQueryDto } from './dto/breakers-query.dto.js';

@ApiTags('operating')
@Controller('breakers')
@Allow('viewer')
export class BreakersController {
  constructor(private readonly breakers: BreakersService) {}

  @Get()
  @AnswersPage(
    BreakerResponse,
    'Circuit breakers: steps that failed too often at a location, and when they are tried again.',
  )
  list(@Query() query: BreakersQueryDto): Listing<BreakerRow, BreakerResponse> {
    return this.breakers.list(query);
  }

  @Get(':id')
  @Answers(BreakerResponse, 'One circuit breaker.')
  async show(@Id() id: number): Promise<BreakerResponse> {
    return BreakerResponse.from(await this.breakers.show(id));
  }

  @Post(':id/reset')
  @HttpCode(200)
  @Allow('operator')
  @Answers(
    BreakerResponse,
    'Close a circuit breaker: its step runs there again at once, and counting begins anew. Resetting a closed one changes nothing.',
  )
  async reset(@Id() id: number, @InChange() change: Change): Promise<BreakerResponse> {
    return BreakerResponse.from(await this.breakers.reset(change, id));
  }
}
