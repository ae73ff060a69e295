import { ATTEMPT_FILES, DomainError, isFinished, type RunStatus } from '@meridian/core';
import { findAttemptDirectory, findRunStatus } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { openConfined } from '../files/open-confined.js';
import { notFound } from '../http/not-found.js';
import type { LogStreamName } from './dto/runs.dto.js';
import { wholeCharacters } from './log-text.js';

/** The most that one answer, or one event of a stream, carries. */
export const MAX_LOG_BYTES = 1_048_576;

const LOG_FILES: Record<LogStreamName, string> = {
  stdout: ATTEMPT_FILES.stdout,
  stderr: ATTEMPT_FILES.stderr,
};

export interface LogRequest {
  readonly runId: number;
  readonly stream: LogStreamName;
  readonly attempt: number;
  readonly offset: number;
}

/** A piece of a log that ends with a whole character; `size` is that of the file. */
export interface LogPiece {
  readonly bytes: Buffer;
  readonly nextOffset: number;
  readonly size: number;
}

export interface LogState {
  readonly status: RunStatus;
  readonly attempt: number;
}

/** What steps print, read from their attempt directories. */
@Injectable()
export class RunLogsService {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws DomainError `run.not_found` */
  async stateOf(runId: number): Promise<LogState> {
    const state = await findRunStatus(this.dataSource.manager, runId);
    if (state === undefined) throw notFound('run', runId);
    return { status: state.status, attempt: state.attempt };
  }

  /**
   * What the log holds from `offset` on, up to `MAX_LOG_BYTES`; empty while nothing was written yet.
   *
   * @throws DomainError `log.not_found` when the attempt does not exist, or its log is gone after the run ended.
   */
  async read(request: LogRequest, state: LogState): Promise<LogPiece> {
    const isOver = isAttemptOver(state, request.attempt);
    const place = await findAttemptDirectory(this.dataSource.manager, request.runId, request.attempt);
    if (place === undefined && (isOver || request.attempt < state.attempt)) throw logNotFound(request);
    const file =
      place === undefined
        ? null
        : await openConfined(place.basePath, `${place.directory}/${LOG_FILES[request.stream]}`);
    if (file === null && isOver) throw logNotFound(request);
    if (file === null) return { bytes: Buffer.alloc(0), nextOffset: request.offset, size: 0 };
    try {
      const length = Math.max(Math.min(file.size - request.offset, MAX_LOG_BYTES), 0);
      const { buffer, bytesRead } = await file.handle.read(Buffer.alloc(length), 0, length, request.offset);
      const isLast = isOver && request.offset + bytesRead >= file.size;
      const whole = isLast ? bytesRead : wholeCharacters(buffer.subarray(0, bytesRead));
      return { bytes: buffer.subarray(0, whole), nextOffset: request.offset + whole, size: file.size };
    } finally {
      await file.handle.close();
    }
  }
}

/** Nothing will be added to this attempt's log any more. */
export const isAttemptOver = (state: LogState, attempt: number): boolean =>
  isFinished(state.status) ||
  state.attempt > attempt ||
  (state.attempt === attempt && WAITS_FOR_NEXT.includes(state.status));

const WAITS_FOR_NEXT: readonly RunStatus[] = ['PENDING', 'STAGING_DATA'];

const logNotFound = ({ runId, attempt, stream }: LogRequest): DomainError =>
  new DomainError({
    kind: 'not_found',
    code: 'log.not_found',
    message: `Attempt ${attempt} of run ${runId} has no ${stream}.`,
    action: `See which attempts there are: GET /api/v1/runs/${runId}.`,
  });
