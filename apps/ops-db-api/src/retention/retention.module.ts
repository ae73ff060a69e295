import { Module } from '@nestjs/common';
import {
  LocationRetentionController,
  PurgeDecisionsController,
  PurgesController,
} from './retention.controller.js';
import { RetentionService } from './retention.service.js';

@Module({
  controllers: [LocationRetentionController, PurgesController, PurgeDecisionsController],
  providers: [RetentionService],
})
export class RetentionModule {}
