import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../api/api-client.js';
import type { PipelineDetail, TriggerRequest } from '../api/api-types.js';
import type { ProgressDisplay } from '../terminal/progress.js';
import { isMoving, progressOf } from './step-progress.js';

const POLL_MS = 400;

export interface WaitForPipelineOptions {
  readonly client: ApiClient;
  readonly pipeline: string;
  readonly display: ProgressDisplay;
  readonly signal: AbortSignal;
}

/**
 * Waits until nothing of a pipeline is left that will happen by itself, showing progress.
 *
 * A trigger request is what tells "nothing left" from "not looked at yet": the trigger-manager closes it when an
 * evaluation found nothing to do. An evaluation that was under way already when the request came may close it without
 * having seen what was registered just before; the second request in a row can only be closed by a later one.
 */
export async function waitForPipeline(options: WaitForPipelineOptions): Promise<PipelineDetail> {
  let quietRounds = 0;
  for (;;) {
    const pipeline = await oneRound(options);
    quietRounds = isMoving(pipeline.steps) ? 0 : quietRounds + 1;
    if (quietRounds === 2) return pipeline;
  }
}

async function oneRound({
  client,
  pipeline: name,
  display,
  signal,
}: WaitForPipelineOptions): Promise<PipelineDetail> {
  const path = `/pipelines/${encodeURIComponent(name)}`;
  const request = await client.post<TriggerRequest>(`${path}/trigger`);
  for (;;) {
    signal.throwIfAborted();
    // In this order: what is closed cannot have begun again before it is shown.
    const { closed_at: closedAt } = await client.get<TriggerRequest>(`/trigger-requests/${request.id}`);
    const pipeline = await client.get<PipelineDetail>(path);
    display.update(pipeline.steps.map(progressOf), new Date());
    if (closedAt !== null || isPaused(pipeline)) return pipeline;
    await sleep(POLL_MS);
  }
}

// A paused pipeline holds the request open until a person resumes it.
const isPaused = (pipeline: PipelineDetail): boolean =>
  !isMoving(pipeline.steps) && pipeline.steps.some((step) => (step.sub_groups.paused ?? 0) > 0);
