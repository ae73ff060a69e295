import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import type { Problem } from '@meridian/core';
import type { ApiRequest } from '../http/api-request.js';
import { invalidRequest, requestValidation } from '../http/validation.js';

const PREFIX = 'dim.';

/** The query of a list that can be filtered by dimensions: `?step=map&dim.source=M17`. */
export interface QueryWithDims<Query> {
  readonly query: Query;
  readonly dims: Readonly<Record<string, string>>;
}

/** The query as it came; give it a `DimsQueryPipe` of the list's own query class. */
export const RawQuery = createParamDecorator(
  (_: unknown, context: ExecutionContext): unknown => context.switchToHttp().getRequest<ApiRequest>().query,
);

/** Documents a list's own query class, and that dimensions may follow it. */
export const DescribesQuery = (queryClass: Type): MethodDecorator =>
  applyDecorators(
    ApiQuery({ type: queryClass }),
    ApiQuery({
      name: 'dim.<name>',
      required: false,
      type: String,
      description: 'Only what has this value of the dimension <name>; may be given for several.',
    }),
  );

/** Takes `dim.<name>` parameters out of a query and checks the rest against its class: dimensions have any name. */
export class DimsQueryPipe<Query extends object> implements PipeTransform<
  Record<string, unknown>,
  Promise<QueryWithDims<Query>>
> {
  private readonly validation = requestValidation();

  constructor(private readonly queryClass: new () => Query) {}

  async transform(raw: Record<string, unknown>): Promise<QueryWithDims<Query>> {
    const problems: Problem[] = [];
    const entries = Object.entries(raw);
    const dims = entries.flatMap(([key, value]): [string, string][] => {
      if (!key.startsWith(PREFIX)) return [];
      if (typeof value === 'string' && key.length > PREFIX.length && !`${key}${value}`.includes('\0')) {
        return [[key.slice(PREFIX.length), value]];
      }
      problems.push({
        code: 'field.invalid',
        path: `/${key}`,
        message: `${key} must be given once, with one value`,
      });
      return [];
    });
    if (problems.length > 0) throw invalidRequest(problems);
    const rest = Object.fromEntries(entries.filter(([key]) => !key.startsWith(PREFIX)));
    const query = (await this.validation.transform(rest, {
      type: 'query',
      metatype: this.queryClass,
    })) as Query;
    return { query, dims: Object.fromEntries(dims) };
  }
}
