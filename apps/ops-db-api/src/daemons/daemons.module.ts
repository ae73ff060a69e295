import { Module } from '@nestjs/common';
import { DaemonsController } from './daemons.controller.js';
import { DaemonsService } from './daemons.service.js';

@Module({ controllers: [DaemonsController], providers: [DaemonsService], exports: [DaemonsService] })
export class DaemonsModule {}
