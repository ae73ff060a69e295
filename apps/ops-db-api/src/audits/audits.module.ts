import { Module } from '@nestjs/common';
import { AuditsController, LocationAuditsController } from './audits.controller.js';
import { AuditsService } from './audits.service.js';

@Module({ controllers: [AuditsController, LocationAuditsController], providers: [AuditsService] })
export class AuditsModule {}
