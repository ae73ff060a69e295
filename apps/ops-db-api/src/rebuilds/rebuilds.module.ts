import { Module } from '@nestjs/common';
import { RebuildsController } from './rebuilds.controller.js';
import { RebuildsService } from './rebuilds.service.js';

@Module({ controllers: [RebuildsController], providers: [RebuildsService] })
export class RebuildsModule {}
