import { DomainError, suggestion, type Problem } from '@meridian/core';
import {
  findPipeline,
  findTriggerRequest,
  forceSubGroups,
  insertTriggerRequest,
  listPipelines,
  listPipelineSteps,
  lockPipeline,
  operatePipeline,
  pauseStep,
  type PipelineOperation,
  type PipelineRow,
  type PipelineStepRow,
  type TriggerRequestRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { checkSelection } from '../http/check-selection.js';
import { notFound } from '../http/not-found.js';
import { checkRevision } from '../http/revision.js';
import { invalidRequest } from '../http/validation.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { TriggerPipelineDto } from './dto/pipeline.dto.js';
import { checkOverrides } from './check-overrides.js';
import { PipelineResponse, PipelineSummaryResponse } from './pipeline.response.js';

@Injectable()
export class PipelinesService {
  constructor(private readonly dataSource: DataSource) {}

  list(query: PageQuery): Listing<PipelineRow, PipelineSummaryResponse> {
    return listingById({
      query,
      fetch: (page) => listPipelines(this.dataSource.manager, page),
      present: (row) => PipelineSummaryResponse.from(row),
    });
  }

  show(nameOrId: string): Promise<PipelineResponse> {
    return show(this.dataSource.manager, nameOrId);
  }

  /** Doing it twice changes nothing but the revision. */
  async operate(
    change: Change,
    request: { nameOrId: string; ifMatch: string | undefined; operation: PipelineOperation },
  ): Promise<PipelineResponse> {
    const { nameOrId, ifMatch, operation } = request;
    const pipeline = await lockPipeline(change.manager, nameOrId);
    if (pipeline === undefined) throw notFound('pipeline', nameOrId);
    checkRevision(ifMatch, pipeline.revision);
    await operatePipeline(change.manager, pipeline.id, operation);
    const { kind, ...after } = operation;
    await change.audit({ action: `pipeline.${kind}`, target: `pipeline:${pipeline.name}`, after });
    return show(change.manager, nameOrId);
  }

  /** A paused step gets no new runs, and those that it has wait; what runs goes on. */
  async pauseStep(
    change: Change,
    request:
      | { nameOrId: string; step: string; reason: string | null }
      | { nameOrId: string; step: string; resume: true },
  ): Promise<PipelineResponse> {
    const { nameOrId, step: name } = request;
    const pipeline = await lockPipeline(change.manager, nameOrId);
    if (pipeline === undefined) throw notFound('pipeline', nameOrId);
    const steps = await listPipelineSteps(change.manager, pipeline.id);
    const step = steps.find((one) => one.name === name);
    if (step === undefined) throw noSuchStep(pipeline.name, name, steps);
    const pause = 'resume' in request ? null : { by: change.actor, reason: request.reason };
    if (pause === null && step.pausedAt === null) change.changedNothing();
    else {
      await pauseStep(change.manager, step.id, pause);
      const target = `step:${pipeline.name}/${name}`;
      await change.audit({
        action: pause === null ? 'step.resume' : 'step.pause',
        target,
        after: pause ?? {},
      });
    }
    return show(change.manager, nameOrId);
  }

  /** Asks for runs of what is selected: of what is missing or stale, or with `force` of everything. */
  async trigger(change: Change, nameOrId: string, request: TriggerPipelineDto): Promise<TriggerRequestRow> {
    const pipeline = await lockPipeline(change.manager, nameOrId);
    if (pipeline === undefined) throw notFound('pipeline', nameOrId);
    if (!pipeline.enabled) throw disabled(pipeline.name);
    const selection = checkSelection(request.selection);
    const steps = request.steps ?? null;
    const known = await listPipelineSteps(change.manager, pipeline.id);
    checkSteps(known, steps ?? []);
    const isContinuous = pipeline.trigger === 'CONTINUOUS';
    const overrides = checkOverrides({ overrides: request.overrides, known, asked: steps, isContinuous });
    const { force } = request;
    const asked = { pipelineId: pipeline.id, selection, steps, force, overrides, actor: change.actor };
    const id = await insertTriggerRequest(change.manager, asked);
    const forced = force ? await forceSubGroups(change.manager, asked) : 0;
    await change.audit({
      action: 'pipeline.trigger',
      target: `pipeline:${pipeline.name}`,
      after: { trigger_request: id, selection, steps, force, overrides, forced_sub_groups: forced },
    });
    return storedRequest(change.manager, id);
  }

  showTriggerRequest(id: number): Promise<TriggerRequestRow> {
    return storedRequest(this.dataSource.manager, id);
  }
}

async function show(manager: EntityManager, nameOrId: string): Promise<PipelineResponse> {
  const pipeline = await findPipeline(manager, nameOrId);
  if (pipeline === undefined) throw notFound('pipeline', nameOrId);
  return PipelineResponse.with(pipeline, await listPipelineSteps(manager, pipeline.id));
}

async function storedRequest(manager: EntityManager, id: number): Promise<TriggerRequestRow> {
  const request = await findTriggerRequest(manager, id);
  if (request === undefined) throw notFound('trigger_request', id);
  return request;
}

function checkSteps(steps: readonly PipelineStepRow[], names: readonly string[]): void {
  const known = steps.map((step) => step.name);
  const problems = names.flatMap((name, index): Problem[] => {
    if (known.includes(name)) return [];
    return [
      {
        code: 'pipeline.unknown_step',
        path: `/steps/${index}`,
        message: `there is no step "${name}"${suggestion(name, known)}`,
      },
    ];
  });
  if (problems.length > 0) throw invalidRequest(problems);
}

const disabled = (name: string): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'pipeline.disabled',
    message: `Pipeline ${name} is disabled: nothing in it is run.`,
    action: `Enable it first: POST /api/v1/pipelines/${name}/enable.`,
  });

const noSuchStep = (pipeline: string, name: string, steps: readonly PipelineStepRow[]): DomainError =>
  new DomainError({
    kind: 'not_found',
    code: 'step.not_found',
    message: `Pipeline ${pipeline} has no step ${JSON.stringify(name)}${suggestion(
      name,
      steps.map((step) => step.name),
    )}.`,
    action: `List its steps: GET /api/v1/pipelines/${pipeline}.`,
  });
