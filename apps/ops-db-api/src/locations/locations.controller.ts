import type { DataLocation } from '@meridian/ops-db';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated, AnswersPage } from '../http/answers.js';
import { type Change, InChange } from '../http/change.js';
import { etagOf } from '../http/etag.js';
import type { Listing } from '../paging/listing.js';
import { PageQuery } from '../paging/page-query.dto.js';
import { CreateLocationDto, LocationSettingsDto } from './dto/location.dto.js';
import { PauseLocationDto } from './dto/pause-location.dto.js';
import { LocationResponse, withoutHealth } from './location.response.js';
import { LocationsService } from './locations.service.js';

@ApiTags('locations')
@Controller('locations')
export class LocationsController {
  constructor(private readonly locations: LocationsService) {}

  @Post()
  @Allow('operator')
  @AnswersCreated(LocationResponse, 'Create a location.')
  async create(@Body() body: CreateLocationDto, @InChange() change: Change): Promise<LocationResponse> {
    return LocationResponse.from(await this.locations.create(change, body));
  }

  @Get()
  @Allow('viewer')
  @AnswersPage(LocationResponse, 'List locations, oldest first.')
  list(@Query() query: PageQuery): Listing<DataLocation, LocationResponse> {
    return this.locations.list(query);
  }

  @Get(':idOrName')
  @Allow('viewer')
  @Answers(LocationResponse, 'Show one location, by id or name. Its ETag is for If-Match.')
  async show(
    @Param('idOrName') idOrName: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<LocationResponse> {
    const shown = LocationResponse.from(await this.locations.show(idOrName));
    response.setHeader('ETag', etagOf(withoutHealth(shown)));
    return shown;
  }

  @Put(':idOrName')
  @Allow('operator')
  @Answers(
    LocationResponse,
    'Replace the settings of a location; what is left out gets its default. A pause stays.',
  )
  async replace(
    @Param('idOrName') idOrName: string,
    @Body() body: LocationSettingsDto,
    @Headers('if-match') ifMatch: string | undefined,
    @InChange() change: Change,
  ): Promise<LocationResponse> {
    return LocationResponse.from(await this.locations.replace(change, { idOrName, settings: body, ifMatch }));
  }

  @Post(':idOrName/pause')
  @HttpCode(200)
  @Allow('operator')
  @Answers(
    LocationResponse,
    'Pause a location: no new jobs start there, what runs goes on. Pausing again changes the reason.',
  )
  async pause(
    @Param('idOrName') idOrName: string,
    @Body() body: PauseLocationDto,
    @InChange() change: Change,
  ): Promise<LocationResponse> {
    return LocationResponse.from(await this.locations.pause(change, idOrName, body.reason));
  }

  @Delete(':idOrName/pause')
  @Allow('operator')
  @Answers(LocationResponse, 'Resume a location. Resuming one that is not paused changes nothing.')
  async resume(@Param('idOrName') idOrName: string, @InChange() change: Change): Promise<LocationResponse> {
    return LocationResponse.from(await this.locations.resume(change, idOrName));
  }
}
