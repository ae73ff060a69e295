import { Module } from '@nestjs/common';
import { KillsController } from './kills.controller.js';
import { KillsService } from './kills.service.js';

@Module({ controllers: [KillsController], providers: [KillsService] })
export class KillsModule {}
