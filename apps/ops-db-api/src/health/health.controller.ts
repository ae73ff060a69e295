import { DomainError } from '@meridian/core';
import { pendingMigrations } from '@meridian/ops-db';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from '../auth/allow.decorator.js';
import { Answers } from '../http/answers.js';
import { HealthResponse } from './health.response.js';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly dataSource: DataSource) {}

  @Get('live')
  @Public()
  @Answers(HealthResponse, 'Whether this process runs and answers.')
  live(): HealthResponse {
    return { status: 'ok' };
  }

  @Get('ready')
  @Public()
  @Answers(
    HealthResponse,
    'Whether requests can be served: the database answers and has the schema of this version.',
  )
  async ready(): Promise<HealthResponse> {
    const pending = await pendingMigrations(this.dataSource);
    if (pending > 0) {
      throw new DomainError({
        kind: 'unavailable',
        code: 'database.schema_outdated',
        message: `The database lacks ${pending} migration(s) of this version.`,
        action: 'Run the migrations (ops-db-api/dist/migrate.js), then ask again.',
      });
    }
    return { status: 'ok' };
  }
}
