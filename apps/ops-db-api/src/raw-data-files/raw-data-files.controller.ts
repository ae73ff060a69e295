import type { ListedRawFile } from '@meridian/ops-db';
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import { Id } from '../http/id.pipe.js';
import type { Listing } from '../paging/listing.js';
import { ListRawDataFilesDto } from './dto/list-raw-data-files.dto.js';
import { BulkRawDataFilesDto, RawDataFileDto } from './dto/raw-data-file.dto.js';
import { parseBulkRequest } from './parse-bulk-request.js';
import {
  BulkIngestResponse,
  IngestedRawDataFileResponse,
  RawDataFileResponse,
} from './raw-data-file.response.js';
import { RawDataFilesService } from './raw-data-files.service.js';

@ApiTags('raw data')
@Controller('raw-data-files')
export class RawDataFilesController {
  constructor(private readonly files: RawDataFilesService) {}

  @Post()
  @Allow('operator', 'service')
  @ApiBody({ type: RawDataFileDto })
  @AnswersCreated(
    IngestedRawDataFileResponse,
    'Register one raw data file, or another copy or new content of a known one.',
  )
  async create(@Body() body: unknown, @InChange() change: Change): Promise<IngestedRawDataFileResponse> {
    return IngestedRawDataFileResponse.from(await this.files.ingestOne(change, body));
  }

  @Post('bulk')
  @Allow('operator', 'service')
  @ApiBody({ type: BulkRawDataFilesDto })
  @AnswersCreated(BulkIngestResponse, 'Register up to 10,000 raw data files in one transaction.')
  async createMany(@Body() body: unknown, @InChange() change: Change): Promise<BulkIngestResponse> {
    const request = parseBulkRequest(body);
    return BulkIngestResponse.from(await this.files.ingestMany(change, request), request.rows.length);
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(RawDataFileResponse, 'List raw data files, oldest registration first.')
  list(@Query() query: ListRawDataFilesDto): Listing<ListedRawFile, RawDataFileResponse> {
    return this.files.list(query);
  }

  @Get(':id')
  @Allow('viewer')
  @Answers(RawDataFileResponse, 'Show one raw data file with its copies.')
  async show(@Id() id: number): Promise<RawDataFileResponse> {
    return RawDataFileResponse.from(await this.files.show(id));
  }
}
