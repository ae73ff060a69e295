import { Module } from '@nestjs/common';
import {
  ProductRematerialisationsController,
  RematerialisationsController,
} from './rematerialisations.controller.js';
import { RematerialisationsService } from './rematerialisations.service.js';

@Module({
  controllers: [RematerialisationsController, ProductRematerialisationsController],
  providers: [RematerialisationsService],
})
export class RematerialisationsModule {}
