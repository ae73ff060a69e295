import { Module } from '@nestjs/common';
import { ItemLineageController, LineageController } from './lineage.controller.js';
import { LineageService } from './lineage.service.js';

@Module({ controllers: [ItemLineageController, LineageController], providers: [LineageService] })
export class LineageModule {}
