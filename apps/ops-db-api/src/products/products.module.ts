import { Module } from '@nestjs/common';
import { PreviewsService } from './previews.service.js';
import { ProductsController } from './products.controller.js';
import { ProductsService } from './products.service.js';

@Module({ controllers: [ProductsController], providers: [ProductsService, PreviewsService] })
export class ProductsModule {}
