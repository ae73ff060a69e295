import { Module } from '@nestjs/common';
import { DaemonsModule } from '../daemons/daemons.module.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { RequestTimes } from './request-times.js';

@Module({
  imports: [DaemonsModule],
  controllers: [MetricsController],
  providers: [MetricsService, RequestTimes],
})
export class MetricsModule {}
