import { Module } from '@nestjs/common';
import { ProductPublicationsController, PublicationsController } from './publications.controller.js';
import { PublicationsService } from './publications.service.js';

@Module({
  controllers: [PublicationsController, ProductPublicationsController],
  providers: [PublicationsService],
})
export class PublicationsModule {}
