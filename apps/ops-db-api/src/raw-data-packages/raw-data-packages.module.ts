import { Module } from '@nestjs/common';
import { RawDataPackagesController } from './raw-data-packages.controller.js';
import { RawDataPackagesService } from './raw-data-packages.service.js';

@Module({ controllers: [RawDataPackagesController], providers: [RawDataPackagesService] })
export class RawDataPackagesModule {}
