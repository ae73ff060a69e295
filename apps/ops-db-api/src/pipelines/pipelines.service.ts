import { DomainError, suggestion, type Dims, type Problem } from '@meridian/core';
import {
  findPipeline,
  findTriggerRequest,
  forceSubGroups,
  insertTriggerRequest,
  listPipelines,
  listPipelineSteps,
  lockPipeline,
  operatePipeline,
  type PipelineOperation,
  type PipelineRow,
  type TriggerRequestRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { checkRevision } from '../http/revision.js';
import { invalidRequest } from '../http/validation.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { TriggerPipelineDto } from './dto/pipeline.dto.js';
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

  /** Asks for runs of what is selected: of what is missing or stale, or with `force` of everything. */
  async trigger(change: Change, nameOrId: string, request: TriggerPipelineDto): Promise<TriggerRequestRow> {
    const pipeline = await lockPipeline(change.manager, nameOrId);
    if (pipeline === undefined) throw notFound('pipeline', nameOrId);
    if (!pipeline.enabled) throw disabled(pipeline.name);
    const selection = checkSelection(request.selection);
    const steps = request.steps ?? null;
    await checkSteps(change.manager, pipeline.id, steps ?? []);
    const asked = { pipelineId: pipeline.id, selection, steps, force: request.force, actor: change.actor };
    const id = await insertTriggerRequest(change.manager, asked);
    const forced = request.force ? await forceSubGroups(change.manager, asked) : 0;
    await change.audit({
      action: 'pipeline.trigger',
      target: `pipeline:${pipeline.name}`,
      after: { trigger_request: id, selection, steps, force: request.force, forced_sub_groups: forced },
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

function checkSelection(selection: Record<string, unknown>): Dims {
  const problems = Object.entries(selection).flatMap(([name, value]): Problem[] => {
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return [];
    return [
      {
        code: 'field.invalid',
        path: `/selection/${name}`,
        message: 'the value of a dimension is a text, a number, true, false or null',
      },
    ];
  });
  if (problems.length > 0) throw invalidRequest(problems);
  return selection as Dims;
}

async function checkSteps(
  manager: EntityManager,
  pipelineId: number,
  names: readonly string[],
): Promise<void> {
  const known = (await listPipelineSteps(manager, pipelineId)).map((step) => step.name);
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
