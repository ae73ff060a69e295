import { planPipeline, writePlan, type Proposal } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { DefinitionChangeResponse } from '../definitions/definition-change.response.js';
import { makePlan } from '../definitions/definitions.service.js';
import { notFound } from '../http/not-found.js';
import { PipelinePlanResponse } from './plan.response.js';

export interface PlanOrder {
  readonly nameOrId: string;
  /** A definitions file, or nothing for the pipeline as it is. */
  readonly proposal: unknown;
  readonly sample: number;
}

/** What would be run, and what for: computed on a copy that is thrown away, so nothing is locked, written or audited. */
@Injectable()
export class PlansService {
  constructor(private readonly dataSource: DataSource) {}

  async plan({ nameOrId, proposal, sample }: PlanOrder): Promise<PipelinePlanResponse> {
    let changes: DefinitionChangeResponse[] = [];
    const propose = async (manager: EntityManager): Promise<Proposal> => {
      const definitions = await makePlan(manager, proposal);
      changes = DefinitionChangeResponse.of(definitions);
      const steps = definitions.pipelines.flatMap((pipeline) => pipeline.steps);
      return {
        apply: (copy) => writePlan(copy, definitions, 'plan'),
        hasAssociations: steps.some(({ definition }) => definition.associations.length > 0),
      };
    };
    const plan = await planPipeline(this.dataSource, {
      nameOrId,
      propose: proposal === undefined ? null : propose,
      sample,
    });
    if (plan === undefined) throw notFound('pipeline', nameOrId);
    return PipelinePlanResponse.from(plan, changes);
  }
}
