import { Module } from '@nestjs/common';
import { RawDataFilesController } from './raw-data-files.controller.js';
import { RawDataFilesService } from './raw-data-files.service.js';

@Module({ controllers: [RawDataFilesController], providers: [RawDataFilesService] })
export class RawDataFilesModule {}
