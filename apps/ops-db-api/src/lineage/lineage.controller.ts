import { Controller, Get, Param, ParseIntPipe, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { parseSubject } from '@meridian/core';
import { Allow } from '../auth/allow.decorator.js';
import { Answers } from '../http/answers.js';
import { ImpactQuery, LineageQuery, SubjectLineageQuery } from './dto/lineage.dto.js';
import { ImpactResponse } from './impact.response.js';
import { LineageResponse } from './lineage.response.js';
import { LineageService } from './lineage.service.js';

const SUBJECTS = ['item', 'run', 'software', 'host'] as const;

@ApiTags('lineage')
@Controller('data-items')
@Allow('viewer', 'service')
export class ItemLineageController {
  constructor(private readonly lineage: LineageService) {}

  @Get(':id/lineage')
  @Answers(
    LineageResponse,
    'What a raw file or product is made from, or what was made from it, with the runs in between.',
  )
  show(@Param('id', ParseIntPipe) id: number, @Query() query: LineageQuery): Promise<LineageResponse> {
    return this.lineage.show({ kind: 'item', itemId: id }, query);
  }
}

@ApiTags('lineage')
@Controller()
@Allow('viewer', 'service')
export class LineageController {
  constructor(private readonly lineage: LineageService) {}

  @Get('lineage')
  @Answers(
    LineageResponse,
    'The same of an item, a run, all runs of a software version, or all that ran on a host.',
  )
  show(@Query() { of, ...query }: SubjectLineageQuery): Promise<LineageResponse> {
    return this.lineage.show(parseSubject(of, SUBJECTS), query);
  }

  @Get('impact')
  @Answers(
    ImpactResponse,
    'What was made with an item (a calibration, a raw file), a run, a software version or on a host, and of that again: counted by step.',
  )
  impact(@Query() { of, limit }: ImpactQuery): Promise<ImpactResponse> {
    return this.lineage.impact(parseSubject(of, SUBJECTS), limit);
  }
}
