import { Module } from '@nestjs/common';
import { DefinitionsModule } from '../definitions/definitions.module.js';
import { SoftwareController } from './software.controller.js';
import { SoftwareService } from './software.service.js';

@Module({ imports: [DefinitionsModule], controllers: [SoftwareController], providers: [SoftwareService] })
export class SoftwareModule {}
