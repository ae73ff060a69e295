import { Module } from '@nestjs/common';
import { RunLogsController } from './run-logs.controller.js';
import { RunLogsService } from './run-logs.service.js';
import { RunsController } from './runs.controller.js';
import { RunsService } from './runs.service.js';

@Module({ controllers: [RunsController, RunLogsController], providers: [RunsService, RunLogsService] })
export class RunsModule {}
