import { Module } from '@nestjs/common';
import { GapsController, SubGroupsController } from './gaps.controller.js';
import { GapsService } from './gaps.service.js';

@Module({ controllers: [GapsController, SubGroupsController], providers: [GapsService] })
export class GapsModule {}
