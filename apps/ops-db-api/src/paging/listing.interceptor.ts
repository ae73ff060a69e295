import { Readable } from 'node:stream';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable, StreamableFile } from '@nestjs/common';
import { mergeMap, type Observable } from 'rxjs';
import type { ApiRequest } from '../http/api-request.js';
import { Listing } from './listing.js';

export const NDJSON = 'application/x-ndjson';

/** Turns a `Listing` into one page of JSON, or into a stream of NDJSON lines when the caller accepts only that. */
@Injectable()
export class ListingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<ApiRequest>();
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        if (!(answer instanceof Listing)) return answer;
        return request.accepts(['json', NDJSON]) === NDJSON ? ndjson(answer) : answer.page();
      }),
    );
  }
}

/** Fetches the first item before the answer begins, so that a bad cursor is still a problem document. */
async function ndjson(listing: Listing<unknown, unknown>): Promise<StreamableFile> {
  const items = listing.items();
  const first = await items.next();
  const stream = Readable.from(first.done === true ? [] : lines(first.value, items), { objectMode: false });
  // Nest's own handler would end the answer normally: a list that broke off must not look complete.
  return new StreamableFile(stream, { type: NDJSON }).setErrorHandler((error, response) => {
    (response as unknown as { destroy(error: Error): void }).destroy(error);
  });
}

async function* lines(first: unknown, rest: AsyncIterable<unknown>): AsyncGenerator<string> {
  yield `${JSON.stringify(first)}\n`;
  for await (const item of rest) yield `${JSON.stringify(item)}\n`;
}
