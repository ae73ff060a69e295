import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { json } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { DataSource } from 'typeorm';
import { AppModule } from '../app.module.js';
import { RequestTimes } from '../metrics/request-times.js';
import { serveDocumentation } from '../openapi/serve-documentation.js';
import type { RunningConfig } from './database.module.js';
import { nestLog } from './logging.js';
import { ProblemFilter } from './problem.filter.js';
import { requestLog } from './request-log.js';
import { requestValidation } from './validation.js';

export const API_PREFIX = 'api/v1';

/** Room for 10,000 rows with generous metadata; every other route takes what people write. */
const BULK_ROUTES = [`/${API_PREFIX}/raw-data-files/bulk`, `/${API_PREFIX}/raw-data-packages`];
const BULK_LIMIT = '64mb';
const BODY_LIMIT = '4mb';

export interface ApiParts {
  readonly dataSource: DataSource;
  readonly config: RunningConfig;
  readonly log: Logger;
}

/** The whole application, not yet listening. It needs no open database connection until a request asks for one. */
export async function createApi({ dataSource, config, log }: ApiParts): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(dataSource, config), {
    bodyParser: false,
    logger: nestLog(log),
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.use(requestLog(log, app.get(RequestTimes)));
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: true, directives: { 'upgrade-insecure-requests': null } },
    }),
  );
  app.use(BULK_ROUTES, json({ limit: BULK_LIMIT }));
  app.use(json({ limit: BODY_LIMIT }));
  app.setGlobalPrefix(API_PREFIX, { exclude: ['health/live', 'health/ready', 'metrics'] });
  app.useGlobalPipes(requestValidation());
  app.useGlobalFilters(new ProblemFilter(log));
  serveDocumentation(app);
  return app;
}
