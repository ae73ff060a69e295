import type { RematerialisationRow } from '@meridian/ops-db';
import { Controller, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { RematerialisationsQueryDto } from './dto/rematerialisations.dto.js';
import { RematerialisationResponse } from './rematerialisation.response.js';
import { RematerialisationsService } from './rematerialisations.service.js';

@ApiTags('rematerialisations')
@Controller('rematerialisations')
@Allow('viewer')
export class RematerialisationsController {
  constructor(private readonly rematerialisations: RematerialisationsService) {}

  @Get()
  @AnswersPage(RematerialisationResponse, 'Lost bytes that are made again, and what came out, newest first.')
  list(@Query() query: RematerialisationsQueryDto): Listing<RematerialisationRow, RematerialisationResponse> {
    return this.rematerialisations.list(query);
  }

  @Get(':id')
  @Answers(RematerialisationResponse, 'One of them.')
  async show(@Param('id', ParseIntPipe) id: number): Promise<RematerialisationResponse> {
    return RematerialisationResponse.from(await this.rematerialisations.show(id));
  }

  @Post(':id/acceptance')
  @HttpCode(202)
  @Allow('scientist')
  @ApiOperation({
    summary:
      'Accept that a recipe makes other bytes now: it is run again as a new version; runs that wait for the old bytes are cancelled.',
  })
  @ApiAcceptedResponse({ type: RematerialisationResponse })
  async accept(
    @Param('id', ParseIntPipe) id: number,
    @InChange() change: Change,
  ): Promise<RematerialisationResponse> {
    return RematerialisationResponse.from(await this.rematerialisations.accept(change, id));
  }
}

@ApiTags('rematerialisations')
@Controller('products')
export class ProductRematerialisationsController {
  constructor(private readonly rematerialisations: RematerialisationsService) {}

  @Post(':id/rematerialisations')
  @HttpCode(202)
  @Allow('scientist')
  @ApiOperation({
    summary:
      'Make the bytes of a product again that no location has any more: the same recipe, inputs and software, compared by checksum.',
  })
  @ApiAcceptedResponse({ type: RematerialisationResponse })
  async request(
    @Param('id', ParseIntPipe) id: number,
    @InChange() change: Change,
  ): Promise<RematerialisationResponse> {
    return RematerialisationResponse.from(await this.rematerialisations.request(change, id));
  }
}
