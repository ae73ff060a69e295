import type { KnownDefinitions } from './check-references.js';
import type { StoredDefinitions } from './plan-definitions.js';
import type { StoredStep } from './plan-step.js';

/** What the ops-db holds, as the names that a definitions file may refer to; retired steps are none of them. */
export function knownNames(stored: StoredDefinitions): KnownDefinitions {
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
