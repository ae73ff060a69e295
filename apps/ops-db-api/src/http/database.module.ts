import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ApiConfig } from '../api.config.js';

/** What of the configuration the running application needs. */
export const API_CONFIG = Symbol('API_CONFIG');
export type RunningConfig = Pick<ApiConfig, 'requestsPerSecond'>;

/** Makes the one `DataSource` and the configuration injectable everywhere. Whoever opened the source closes it. */
@Module({})
export class DatabaseModule {
  static with(dataSource: DataSource, config: RunningConfig): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: DataSource, useValue: dataSource },
        { provide: API_CONFIG, useValue: config },
      ],
      exports: [DataSource, API_CONFIG],
    };
  }
}
