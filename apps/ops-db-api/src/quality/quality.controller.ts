import { Body, Controller, Get, Param, ParseIntPipe, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersCreated } from '../http/answers.js';
import { InChange, type Change } from '../http/change.js';
import { VerdictDto } from './dto/quality.dto.js';
import { RunQualityResponse } from './quality.response.js';
import { QualityService } from './quality.service.js';

@ApiTags('quality')
@Controller('runs')
@Allow('viewer', 'service')
export class QualityController {
  constructor(private readonly quality: QualityService) {}

  @Get(':id/quality')
  @Answers(RunQualityResponse, 'How good a result is, by the rules of its step and by people.')
  async show(@Param('id', ParseIntPipe) id: number): Promise<RunQualityResponse> {
    return RunQualityResponse.from(await this.quality.show(id));
  }

  @Post(':id/verdicts')
  @Allow('scientist')
  @AnswersCreated(RunQualityResponse, 'Judge a completed run: your word holds until somebody says another.')
  async give(
    @Param('id', ParseIntPipe) id: number,
    @Body() body: VerdictDto,
    @InChange() change: Change,
  ): Promise<RunQualityResponse> {
    return RunQualityResponse.from(await this.quality.give(change, id, body));
  }
}
