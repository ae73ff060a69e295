import { Module } from '@nestjs/common';
import { PipelinesController, TriggerRequestsController } from './pipelines.controller.js';
import { PipelinesService } from './pipelines.service.js';

@Module({ controllers: [PipelinesController, TriggerRequestsController], providers: [PipelinesService] })
export class PipelinesModule {}
