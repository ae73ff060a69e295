import {
  invalidDefinitions,
  knownNames,
  parseDefinitions,
  planDefinitions,
  type DefinitionsPlan,
} from '@meridian/core';
import { loadStoredDefinitions, lockDefinitions, makeResultTables, writePlan } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { findConfigProblems } from './config-problems.js';
import { DefinitionChangeResponse } from './definition-change.response.js';

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
    await makeResultTables(change.manager, plan);
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
