import { once } from 'node:events';
import { Controller, Get, Headers, Param, ParseIntPipe, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Allow } from '../auth/allow.decorator.js';
import { LogQuery } from './dto/runs.dto.js';
import { followLog } from './follow-log.js';
import { RunLogsService, type LogRequest, type LogState } from './run-logs.service.js';

const POLL_MS = 500;
const KEEP_ALIVE_MS = 15_000;

@ApiTags('runs')
@Controller('runs/:id/logs')
@Allow('viewer', 'service')
export class RunLogsController {
  constructor(private readonly logs: RunLogsService) {}

  @Get()
  @ApiOperation({
    summary:
      'What a run printed, up to 1 MiB from offset on; X-Next-Offset says where to go on, X-Log-Size how much there is.',
  })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async show(
    @Param('id', ParseIntPipe) runId: number,
    @Query() query: LogQuery,
    @Res() response: Response,
  ): Promise<void> {
    const { request, state } = await this.requestOf(runId, query, query.offset);
    const piece = await this.logs.read(request, state);
    response.setHeader('X-Next-Offset', piece.nextOffset);
    response.setHeader('X-Log-Size', piece.size);
    response.setHeader('X-Attempt', request.attempt);
    response.type('text/plain; charset=utf-8').send(piece.bytes);
  }

  @Get('stream')
  @ApiOperation({
    summary: 'The log as server-sent events until the attempt is over.',
    description:
      '`log` events carry `{"text"}`, the last event is `end` with `{"status", "attempt"}`; every id is a byte offset.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Byte offset to go on from.' })
  @ApiOkResponse({ content: { 'text/event-stream': { schema: { type: 'string' } } } })
  async follow(
    @Param('id', ParseIntPipe) runId: number,
    @Query() query: LogQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const resumeAt = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : query.offset;
    const { request } = await this.requestOf(runId, query, resumeAt);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const events = followLog(this.logs, {
      request,
      signal: gone.signal,
      pollMs: POLL_MS,
      keepAliveMs: KEEP_ALIVE_MS,
    });
    // The first piece is read before the answer begins, so that a missing log is still a problem document.
    const first = await events.next();
    response
      .status(200)
      .set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    response.flushHeaders();
    if (first.done !== true) await send(response, first.value, gone.signal);
    for await (const event of events) await send(response, event, gone.signal);
    response.end();
  }

  /** Before the first attempt a caller asks for that one: it may begin any moment. */
  private async requestOf(
    runId: number,
    query: LogQuery,
    offset: number,
  ): Promise<{ request: LogRequest; state: LogState }> {
    const state = await this.logs.stateOf(runId);
    return {
      request: { runId, stream: query.stream, attempt: query.attempt ?? Math.max(state.attempt, 1), offset },
      state,
    };
  }
}

/** Waits when the client reads slowly, so that a long log is never held in memory. */
async function send(response: Response, text: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(text)) return;
  await once(response, 'drain', { signal }).catch(() => undefined);
}
