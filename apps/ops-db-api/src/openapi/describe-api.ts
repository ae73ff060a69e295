import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { ProblemDocument } from '../http/problem-document.js';
import { toOpenApi31 } from './to-openapi-31.js';

const PUBLIC_PATHS = new Set(['/health/live', '/health/ready']);
const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

/** The OpenAPI 3.1 document of every route of `app`: the same text for the same code, whatever is in the database. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Meridian ops-db API')
    .setDescription(
      'What scientists and operators define, run and look at. Every failure is an RFC 9457 problem document with a stable `code`. ' +
        'Lists are paged by `limit` and `cursor`, or streamed as NDJSON. Creating requests may carry an `Idempotency-Key`.',
    )
    .setVersion('1')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'An API token: mrd_ and 43 characters.' },
      'token',
    )
    .addSecurityRequirements('token')
    .build();
  const document = SwaggerModule.createDocument(app, base, {
    extraModels: [ProblemDocument],
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  addWhatEveryRouteHas(document);
  return sorted(toOpenApi31(document) as OpenAPIObject);
}

function addWhatEveryRouteHas(document: OpenAPIObject): void {
  const problem = {
    description: 'A problem document.',
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDocument) } } },
  };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation === undefined) continue;
      operation.responses = { ...operation.responses, default: problem };
      if (PUBLIC_PATHS.has(path)) operation.security = [];
      if (method !== 'post') continue;
      operation.parameters = [
        ...(operation.parameters ?? []),
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          schema: { type: 'string', maxLength: 255 },
        },
      ];
    }
  }
}

/** Paths and schemas by name: the order in which modules are listed must not show in the committed file. */
function sorted(document: OpenAPIObject): OpenAPIObject {
  const byName = <Value>(record: Record<string, Value>): Record<string, Value> =>
    Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));
  const { components, paths } = document;
  return {
    ...document,
    paths: byName(paths),
    ...(components === undefined
      ? {}
      : { components: { ...components, schemas: byName(components.schemas ?? {}) } }),
  };
}
