import { Module } from '@nestjs/common';
import { ResultTablesController } from './result-tables.controller.js';
import { ResultTablesService } from './result-tables.service.js';

@Module({ controllers: [ResultTablesController], providers: [ResultTablesService] })
export class ResultTablesModule {}
