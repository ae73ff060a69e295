import { Module } from '@nestjs/common';
import { InstrumentModulesController } from './instrument-modules.controller.js';
import { InstrumentModulesService } from './instrument-modules.service.js';

@Module({ controllers: [InstrumentModulesController], providers: [InstrumentModulesService] })
export class InstrumentModulesModule {}
