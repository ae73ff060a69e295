import { Module } from '@nestjs/common';
import { TelescopesController } from './telescopes.controller.js';
import { TelescopesService } from './telescopes.service.js';

@Module({ controllers: [TelescopesController], providers: [TelescopesService] })
export class TelescopesModule {}
