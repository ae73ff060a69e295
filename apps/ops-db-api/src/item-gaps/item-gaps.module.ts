import { Module } from '@nestjs/common';
import { ItemGapsController } from './item-gaps.controller.js';
import { ItemGapsService } from './item-gaps.service.js';

@Module({ controllers: [ItemGapsController], providers: [ItemGapsService] })
export class ItemGapsModule {}
