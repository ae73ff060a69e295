import {
  invalidDefinitions,
  parseDefinitions,
  planDefinitions,
  type DefinitionsPlan,
  type KnownDefinitions,
  type StoredDefinitions,
  type StoredStep,
} from '@meridian/core';
import { loadStoredDefinitions, lockDefinitions } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { findConfigProblems } from './config-problems.js';
import { DefinitionChangeResponse } from './definition-change.response.js';
import { writePlan } from './write-plan.js';

/** Definitions files: everything is checked before anything is written, and all of it is written or nothing. */
@Injectable()
export class DefinitionsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Held until the change ends; `apply` takes it too. For changes that must read something before they apply. */
  async lock(change: Change): Promise<void> {
    await lockDefinitions(change.manager);
  }

  async apply(change: Change, document: unknown): Promise<DefinitionsPlan> {
    await lockDefinitions(change.manager);
    const plan = await makePlan(change.manager, document);
    await writePlan(change.manager, plan, change.actor);
    const changes = DefinitionChangeResponse.of(plan).filter((one) => one.change !== 'unchanged');
    await change.audit({ action: 'definitions.apply', target: 'definitions', after: { changes } });
    for (const { kind, name, change: what, fields } of changes) {
      await change.audit({ action: `${kind}.${what}`, target: `${kind}:${name}`, after: { fields } });
    }
    return plan;
  }

  /** What `apply` would do; nothing is locked or written. */
  async diff(document: unknown): Promise<DefinitionsPlan> {
    return makePlan(this.dataSource.manager, document);
  }
}

/** What a definitions file would change in what is stored; everything that is wrong with it is one error. */
export async function makePlan(manager: EntityManager, document: unknown): Promise<DefinitionsPlan> {
  const stored = await loadStoredDefinitions(manager);
  const definitions = parseDefinitions(document, knownNames(stored));
  const plan = planDefinitions(definitions, stored);
  const problems = [...plan.problems, ...findConfigProblems(plan)];
  if (problems.length > 0) throw invalidDefinitions(problems);
  return plan;
}

function knownNames(stored: StoredDefinitions): KnownDefinitions {
  const software = new Map<string, string[]>();
  for (const { definition } of stored.software) {
    software.set(definition.name, [...(software.get(definition.name) ?? []), definition.version]);
  }
  return {
    software,
    pools: new Set(stored.pools.map(({ definition }) => definition.name)),
    groupings: new Set(stored.groupings.map(({ definition }) => definition.name)),
    pipelines: new Map(
      stored.pipelines.map(({ definition, steps }) => [definition.name, livingNames(steps)]),
    ),
    locations: new Map(stored.locations.map(({ definition }) => [definition.name, definition.kind])),
  };
}

const livingNames = (steps: readonly StoredStep[]): string[] =>
  steps.filter((step) => !step.isRetired).map((step) => step.definition.name);
