import { setTimeout as delay } from 'node:timers/promises';
import { serverSentEvent } from './log-text.js';
import { isAttemptOver, type LogPiece, type LogRequest, type LogState } from './run-logs.service.js';

/** How a log that is still written is watched. */
export interface LogSource {
  stateOf(runId: number): Promise<LogState>;
  read(request: LogRequest, state: LogState): Promise<LogPiece>;
}

export interface FollowOptions {
  readonly request: LogRequest;
  readonly signal: AbortSignal;
  readonly pollMs: number;
  /** A comment after this much silence keeps proxies from closing the connection. */
  readonly keepAliveMs: number;
}

/**
 * The log as server-sent events: `log` with `{text}` for each piece, `end` with `{status}` when the attempt is over.
 *
 * The id of each event is the byte offset after it, so a client that reconnects with Last-Event-ID misses nothing and
 * sees nothing twice. The state is read before the file: what was written before the end is never left out.
 */
export async function* followLog(
  source: LogSource,
  { request, signal, pollMs, keepAliveMs }: FollowOptions,
): AsyncGenerator<string> {
  let { offset } = request;
  let silentMs = 0;
  while (!signal.aborted) {
    const state = await source.stateOf(request.runId);
    const piece = await source.read({ ...request, offset }, state);
    offset = piece.nextOffset;
    if (piece.bytes.length > 0) {
      silentMs = 0;
      yield serverSentEvent({ name: 'log', id: offset, data: { text: piece.bytes.toString('utf8') } });
      continue;
    }
    if (isAttemptOver(state, request.attempt)) {
      yield serverSentEvent({
        name: 'end',
        id: offset,
        data: { status: state.status, attempt: request.attempt },
      });
      return;
    }
    silentMs += pollMs;
    if (silentMs >= keepAliveMs) {
      silentMs = 0;
      yield ': still running\n\n';
    }
    await delay(pollMs, undefined, { signal }).catch(() => undefined);
  }
}
