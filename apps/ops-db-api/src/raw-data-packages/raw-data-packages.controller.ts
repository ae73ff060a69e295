import type { ListedRawDataPackage } from '@meridian/ops-db';
import { Body, Controller, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import { Id } from '../http/id.pipe.js';
import type { Listing } from '../paging/listing.js';
import { CreateRawDataPackageDto } from './dto/create-raw-data-package.dto.js';
import { ListRawDataPackagesDto } from './dto/list-raw-data-packages.dto.js';
import { MoveRawDataPackageDto } from './dto/move-raw-data-package.dto.js';
import { RawDataPackageResponse } from './raw-data-package.response.js';
import { RawDataPackagesService } from './raw-data-packages.service.js';

@ApiTags('raw data')
@Controller('raw-data-packages')
export class RawDataPackagesController {
  constructor(private readonly packages: RawDataPackagesService) {}

  @Post()
  @Allow('operator', 'service')
  @AnswersCreated(
    RawDataPackageResponse,
    'Register the package of an executed obs unit and a module, with its files.',
  )
  async create(
    @Body() body: CreateRawDataPackageDto,
    @InChange() change: Change,
  ): Promise<RawDataPackageResponse> {
    return RawDataPackageResponse.from(await this.packages.create(change, body));
  }

  @Patch(':id')
  @Allow('operator', 'service')
  @Answers(
    RawDataPackageResponse,
    'Move a package to another state, with the place and checksum of its tar once it has one.',
  )
  async move(
    @Id() id: number,
    @Body() body: MoveRawDataPackageDto,
    @InChange() change: Change,
  ): Promise<RawDataPackageResponse> {
    return RawDataPackageResponse.from(await this.packages.move(change, id, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(RawDataPackageResponse, 'List packages, oldest registration first.')
  list(@Query() query: ListRawDataPackagesDto): Listing<ListedRawDataPackage, RawDataPackageResponse> {
    return this.packages.list(query);
  }

  @Get(':id')
  @Allow('viewer')
  @Answers(
    RawDataPackageResponse,
    'Show one package. GET /raw-data-files?raw_data_package=… lists its files.',
  )
  async show(@Id() id: number): Promise<RawDataPackageResponse> {
    return RawDataPackageResponse.from(await this.packages.show(id));
  }
}
