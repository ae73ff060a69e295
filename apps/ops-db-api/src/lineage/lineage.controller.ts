import { Controller, Get, Param, ParseIntPipe, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers } from '../http/answers.js';
import { LineageQuery } from './dto/lineage.dto.js';
import { LineageResponse } from './lineage.response.js';
import { LineageService } from './lineage.service.js';

@ApiTags('lineage')
@Controller('data-items')
@Allow('viewer', 'service')
export class LineageController {
  constructor(private readonly lineage: LineageService) {}

  @Get(':id/lineage')
  @Answers(
    LineageResponse,
    'What a raw file or product is made from, or what was made from it, with the runs in between.',
  )
  show(@Param('id', ParseIntPipe) id: number, @Query() query: LineageQuery): Promise<LineageResponse> {
    return this.lineage.show(id, query);
  }
}
