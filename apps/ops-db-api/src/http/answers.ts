import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  getSchemaPath,
} from '@nestjs/swagger';
import { NDJSON } from '../paging/listing.interceptor.js';

/** Documents a route that answers 200 with one `type`. */
export const Answers = (type: Type, summary: string): MethodDecorator =>
  applyDecorators(ApiOperation({ summary }), ApiOkResponse({ type }));

/** Documents a creating route: 201 with one `type`. */
export const AnswersCreated = (type: Type, summary: string): MethodDecorator =>
  applyDecorators(ApiOperation({ summary }), ApiCreatedResponse({ type }));

/** Documents a route that answers 204. */
export const AnswersNothing = (summary: string): MethodDecorator =>
  applyDecorators(ApiOperation({ summary }), ApiNoContentResponse());

/** Documents a list: one page as JSON, or every item as NDJSON. */
export const AnswersPage = (type: Type, summary: string): MethodDecorator => {
  const item = { $ref: getSchemaPath(type) };
  const page = {
    type: 'object',
    required: ['items', 'next'],
    properties: {
      items: { type: 'array', items: item },
      next: { type: 'string', nullable: true, description: 'Cursor of the next page; null at the end.' },
    },
  };
  const content = { 'application/json': { schema: page }, [NDJSON]: { schema: item } };
  return applyDecorators(
    ApiExtraModels(type),
    ApiOperation({
      summary,
      description: `With \`Accept: ${NDJSON}\` every item from the cursor on, one per line.`,
    }),
    ApiOkResponse({ content }),
  );
};
