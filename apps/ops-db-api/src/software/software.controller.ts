import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { RegisterSoftwareDto } from './dto/register-software.dto.js';
import { SoftwareResponse, SoftwareVersionResponse } from './software.response.js';
import { SoftwareService } from './software.service.js';

@ApiTags('software')
@Controller('software')
@Allow('viewer', 'service')
export class SoftwareController {
  constructor(private readonly software: SoftwareService) {}

  @Post()
  @Allow('scientist')
  @AnswersCreated(
    SoftwareVersionResponse,
    'Register a software version; steps that follow the newest one move to it.',
  )
  async register(
    @Body() body: RegisterSoftwareDto,
    @InChange() change: Change,
  ): Promise<SoftwareVersionResponse> {
    return SoftwareVersionResponse.from(await this.software.register(change, body));
  }

  @Get()
  @AnswersPage(SoftwareResponse, 'Reduction software with its versions.')
  list(@Query() query: PageQuery): Listing<unknown, SoftwareResponse> {
    return this.software.list(query);
  }

  @Get(':name')
  @Answers(SoftwareResponse, 'One software.')
  async show(@Param('name') name: string): Promise<SoftwareResponse> {
    return SoftwareResponse.from(await this.software.show(name));
  }

  @Get(':name/versions')
  @ApiOperation({ summary: 'Every version of a software, in order of registration.' })
  @ApiOkResponse({ type: [SoftwareVersionResponse] })
  async versions(@Param('name') name: string): Promise<SoftwareVersionResponse[]> {
    return (await this.software.versions(name)).map((row) => SoftwareVersionResponse.from(row));
  }

  @Get(':name/versions/:version')
  @Answers(SoftwareVersionResponse, 'One version of a software, and the steps that run it.')
  async version(
    @Param('name') name: string,
    @Param('version') version: string,
  ): Promise<SoftwareVersionResponse> {
    return SoftwareVersionResponse.from(await this.software.version(name, version));
  }
}
