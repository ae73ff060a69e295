import { Body, Controller, Get, Headers, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { parseFilter } from '@meridian/core';
import type { Response } from 'express';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { ChangesNothing, InChange, type Change } from '../http/change.js';
import { revisionTag } from '../http/revision.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import {
  CloseGroupingDto,
  CreateGroupingDto,
  PreviewFilterDto,
  UpdateGroupingDto,
  ValidateFilterDto,
} from './dto/grouping.dto.js';
import {
  FilterVerdictResponse,
  GroupingCloseResponse,
  GroupingPreviewResponse,
  GroupingResponse,
} from './grouping.response.js';
import { GroupingsService } from './groupings.service.js';

@ApiTags('groupings')
@Controller('groupings')
@Allow('viewer', 'service')
export class GroupingsController {
  constructor(private readonly groupings: GroupingsService) {}

  @Post()
  @Allow('scientist')
  @AnswersCreated(GroupingResponse, 'Define a data grouping.')
  async create(@Body() body: CreateGroupingDto, @InChange() change: Change): Promise<GroupingResponse> {
    return GroupingResponse.from(await this.groupings.create(change, body));
  }

  @Post('validate')
  @HttpCode(200)
  @ChangesNothing()
  @Answers(FilterVerdictResponse, 'Check a filter without storing it.')
  validate(@Body() { filter }: ValidateFilterDto): FilterVerdictResponse {
    parseFilter(filter);
    return { valid: true };
  }

  @Post('preview')
  @HttpCode(200)
  @ChangesNothing()
  @Answers(
    GroupingPreviewResponse,
    'What a filter selects now: how many items, how many bytes, and the newest of them.',
  )
  async preview(@Body() body: PreviewFilterDto): Promise<GroupingPreviewResponse> {
    const { count, sizeBytes, sample } = await this.groupings.preview(body);
    return {
      count,
      size_bytes: sizeBytes,
      sample: sample.map(({ sizeBytes: bytes, obsTime, ...item }) => ({
        ...item,
        size_bytes: bytes,
        obs_time: obsTime,
      })),
    };
  }

  @Post(':name/close')
  @HttpCode(200)
  @Allow('scientist', 'service')
  @Answers(
    GroupingCloseResponse,
    'Say that nothing more will come for some sub-groups: incomplete ones are not waited for any longer.',
  )
  close(
    @Param('name') name: string,
    @Body() body: CloseGroupingDto,
    @InChange() change: Change,
  ): Promise<GroupingCloseResponse> {
    return this.groupings.close(change, name, body);
  }

  @Get()
  @AnswersPage(GroupingResponse, 'Data groupings.')
  list(@Query() query: PageQuery): Listing<unknown, GroupingResponse> {
    return this.groupings.list(query);
  }

  @Get(':name')
  @Answers(GroupingResponse, 'One data grouping; its revision is the ETag.')
  async show(
    @Param('name') name: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<GroupingResponse> {
    const grouping = await this.groupings.show(name);
    response.setHeader('ETag', revisionTag(grouping.revision));
    return GroupingResponse.from(grouping);
  }

  @Put(':name')
  @Allow('scientist')
  @ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'The ETag you have read: refuses with 412 when somebody was faster.',
  })
  @Answers(GroupingResponse, 'Change a data grouping; pipelines that use it are evaluated anew.')
  async update(
    @Param('name') name: string,
    @Body() body: UpdateGroupingDto,
    @Headers('if-match') ifMatch: string | undefined,
    @InChange() change: Change,
  ): Promise<GroupingResponse> {
    return GroupingResponse.from(await this.groupings.update(change, name, body, ifMatch));
  }
}
