import { Module } from '@nestjs/common';
import { ObsUnitsController } from './obs-units.controller.js';
import { ObsUnitsService } from './obs-units.service.js';

@Module({ controllers: [ObsUnitsController], providers: [ObsUnitsService] })
export class ObsUnitsModule {}
