import { Module } from '@nestjs/common';
import { ObservingProgramsController } from './observing-programs.controller.js';
import { ObservingProgramsService } from './observing-programs.service.js';

@Module({ controllers: [ObservingProgramsController], providers: [ObservingProgramsService] })
export class ObservingProgramsModule {}
