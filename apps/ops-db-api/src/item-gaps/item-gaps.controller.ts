import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { ItemGapsQueryDto, RetryItemsDto } from './dto/item-gaps.dto.js';
import { ItemGapResponse, RetriedItemsResponse } from './item-gap.response.js';
import { ItemGapsService } from './item-gaps.service.js';

@ApiTags('gaps')
@Controller('item-gaps')
@Allow('viewer', 'service')
export class ItemGapsController {
  constructor(private readonly itemGaps: ItemGapsService) {}

  @Get()
  @AnswersPage(
    ItemGapResponse,
    'Items of a step of which the newest completed run says that they failed, or says nothing.',
  )
  list(@Query() query: ItemGapsQueryDto): Promise<Listing<unknown, ItemGapResponse>> {
    return this.itemGaps.list(query);
  }

  @Post('retry')
  @HttpCode(202)
  @Allow('scientist')
  @ApiOperation({
    summary:
      'Process such items again, and no others: they form new sub-groups. Up to 10,000 in one request.',
  })
  @ApiAcceptedResponse({ type: RetriedItemsResponse })
  retry(@Body() request: RetryItemsDto, @InChange() change: Change): Promise<RetriedItemsResponse> {
    return this.itemGaps.retry(change, request);
  }
}
