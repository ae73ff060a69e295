import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { API_CONFIG, type RunningConfig } from '../http/database.module.js';
import { AuthGuard } from './auth.guard.js';
import { RateLimiter } from './rate-limiter.js';
import { TokenLookup } from './token-lookup.js';

/** Guards every route of the application. */
@Module({
  providers: [
    TokenLookup,
    {
      provide: RateLimiter,
      inject: [API_CONFIG],
      useFactory: (config: RunningConfig) => new RateLimiter(config.requestsPerSecond),
    },
    { provide: APP_GUARD, useClass: AuthGuard },
  ],
})
export class AuthModule {}
