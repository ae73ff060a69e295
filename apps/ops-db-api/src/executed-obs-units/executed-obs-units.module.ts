import { Module } from '@nestjs/common';
import { ExecutedObsUnitsController } from './executed-obs-units.controller.js';
import { ExecutedObsUnitsService } from './executed-obs-units.service.js';

@Module({ controllers: [ExecutedObsUnitsController], providers: [ExecutedObsUnitsService] })
export class ExecutedObsUnitsModule {}
