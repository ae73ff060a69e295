import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../auth/allow.decorator.js';
import { MetricsService } from './metrics.service.js';

@ApiTags('operating')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Get()
  @Allow('viewer')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({
    summary:
      "Runs, daemons and their passes, locations, and what needs a person, in Prometheus' text format.",
  })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  text(): Promise<string> {
    return this.metrics.text();
  }
}
