import { Module } from '@nestjs/common';
import { ObservatoriesController } from './observatories.controller.js';
import { ObservatoriesService } from './observatories.service.js';

@Module({ controllers: [ObservatoriesController], providers: [ObservatoriesService] })
export class ObservatoriesModule {}
