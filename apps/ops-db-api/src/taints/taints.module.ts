import { Module } from '@nestjs/common';
import { TaintsController } from './taints.controller.js';
import { TaintsService } from './taints.service.js';

@Module({ controllers: [TaintsController], providers: [TaintsService] })
export class TaintsModule {}
