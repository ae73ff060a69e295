import { Body, Controller, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import {
  PublicationQueryDto,
  PublicationsQueryDto,
  RequestPublicationDto,
  WithdrawalDto,
} from './dto/publications.dto.js';
import { PublicationResponse } from './publication.response.js';
import { PublicationsService } from './publications.service.js';

@ApiTags('publications')
@Controller('publications')
@Allow('viewer', 'service')
export class PublicationsController {
  constructor(private readonly publications: PublicationsService) {}

  @Get()
  @AnswersPage(
    PublicationResponse,
    'Products on their way to the public, and those that are there, newest first.',
  )
  list(@Query() query: PublicationsQueryDto): Listing<unknown, PublicationResponse> {
    return this.publications.list(query);
  }

  @Get(':id')
  @Answers(PublicationResponse, 'One publication, now or as soon as nothing more happens by itself.')
  async show(
    @Param('id', ParseIntPipe) id: number,
    @Query() { wait_seconds: seconds }: PublicationQueryDto,
  ): Promise<PublicationResponse> {
    return PublicationResponse.from(await this.publications.show(id, seconds));
  }

  @Post(':id/withdrawal')
  @HttpCode(202)
  @Allow('operator')
  @ApiOperation({
    summary: 'Take a published product back: its public bytes go, its record and its version stay.',
  })
  @ApiAcceptedResponse({ type: PublicationResponse })
  async withdraw(
    @Param('id', ParseIntPipe) id: number,
    @Body() { reason }: WithdrawalDto,
    @InChange() change: Change,
  ): Promise<PublicationResponse> {
    return PublicationResponse.from(await this.publications.withdraw(change, id, reason));
  }
}

@ApiTags('publications')
@Controller('products')
@Allow('viewer', 'service')
export class ProductPublicationsController {
  constructor(private readonly publications: PublicationsService) {}

  @Post(':id/publications')
  @Allow('scientist')
  @AnswersCreated(
    PublicationResponse,
    'Ask for a product to be published. It still has to pass the gate of its step; what was rejected or failed is tried again.',
  )
  async request(
    @Param('id', ParseIntPipe) id: number,
    @Body() body: RequestPublicationDto,
    @InChange() change: Change,
  ): Promise<PublicationResponse> {
    return PublicationResponse.from(await this.publications.request(change, id, body));
  }
}
