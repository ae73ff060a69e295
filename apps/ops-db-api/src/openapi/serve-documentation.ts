import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { describeApi } from './describe-api.js';

/**
 * `/api/openapi.json` and the readable `/api/docs`; both are made when somebody first asks.
 *
 * They need no token: they say what the routes are, nothing about what is behind them.
 */
export function serveDocumentation(app: NestExpressApplication): void {
  let described: OpenAPIObject | undefined;
  SwaggerModule.setup('api/docs', app, () => (described ??= describeApi(app)), {
    jsonDocumentUrl: 'api/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Meridian API',
    swaggerOptions: { docExpansion: 'none', persistAuthorization: false, tagsSorter: 'alpha' },
  });
}
