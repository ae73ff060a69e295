import { Body, Controller, Get, HttpCode, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import { RebuildQueryDto, RequestRebuildDto } from './dto/rebuilds.dto.js';
import { RebuildResponse } from './rebuild.response.js';
import { RebuildsService } from './rebuilds.service.js';

@ApiTags('rebuilds')
@Controller()
export class RebuildsController {
  constructor(private readonly rebuilds: RebuildsService) {}

  @Post('locations/:idOrName/rebuilds')
  @HttpCode(202)
  @Allow('operator')
  @ApiOperation({
    summary:
      'Make records of runs and products again from what attempts left at a location, after a loss of the database. What is known is left alone.',
  })
  @ApiAcceptedResponse({ type: RebuildResponse })
  async request(
    @Param('idOrName') idOrName: string,
    @Body() { dry_run: dryRun }: RequestRebuildDto,
    @InChange() change: Change,
  ): Promise<RebuildResponse> {
    return RebuildResponse.from(await this.rebuilds.request(change, idOrName, dryRun));
  }

  @Get('rebuilds/:id')
  @Allow('viewer')
  @Answers(RebuildResponse, 'One rebuild, now or as soon as it is over.')
  async show(
    @Param('id', ParseIntPipe) id: number,
    @Query() { wait_seconds: seconds }: RebuildQueryDto,
  ): Promise<RebuildResponse> {
    return RebuildResponse.from(await this.rebuilds.show(id, seconds));
  }
}
