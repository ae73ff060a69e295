import { Module } from '@nestjs/common';
import { BreakersController } from './breakers.controller.js';
import { BreakersService } from './breakers.service.js';

@Module({ controllers: [BreakersController], providers: [BreakersService] })
export class BreakersModule {}
