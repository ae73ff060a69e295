import { Module } from '@nestjs/common';
import { DefinitionsModule } from '../definitions/definitions.module.js';
import { GroupingsController } from './groupings.controller.js';
import { GroupingsService } from './groupings.service.js';

@Module({ imports: [DefinitionsModule], controllers: [GroupingsController], providers: [GroupingsService] })
export class GroupingsModule {}
