import { parseQuality } from '../quality/parse-quality.js';
import { buildRecipe, type Recipe } from '../recipe/recipe.js';
import { DomainError, type Problem } from '../shared/domain-error.js';
import type { Json, JsonObject } from '../shared/json.js';
import { changedFields } from './changed-fields.js';
import type { SoftwareDefinition, StepDefinition } from './definition-document.js';
import { effectiveConfig, type EffectiveConfig } from './effective-config.js';
import { readStored } from './read-stored.js';
import { newestPermitted } from './semantic-version.js';

export type DefinitionChange = 'created' | 'updated' | 'unchanged' | 'retired';

export interface StoredStep {
  readonly id: number;
  readonly isRetired: boolean;
  readonly definition: StepDefinition;
  readonly position: number;
  readonly softwareVersion: string;
  readonly recipeHash: string;
}

export interface PlannedStep {
  readonly id: number | null;
  readonly change: DefinitionChange;
  readonly fields: readonly string[];
  readonly definition: StepDefinition;
  readonly position: number;
  readonly software: SoftwareDefinition;
  /** What a run gets, defaults filled in; a JSON Schema validator has still to look at it. */
  readonly config: JsonObject;
  readonly recipe: Recipe;
  /** Where in the file the step is, or the software that moves it. */
  readonly place: string;
}

export interface StepToPlan {
  readonly definition: StepDefinition;
  readonly stored: StoredStep | undefined;
  readonly position: number;
  /** Every version of its software, oldest first. */
  readonly versions: readonly SoftwareDefinition[];
  readonly place: string;
  readonly problems: Problem[];
}

/** The version that the step runs from now on, its recipe, and what differs from what is stored. */
export function planStep(step: StepToPlan): PlannedStep {
  const { definition, stored, position, versions } = step;
  const version = newestPermitted(
    versions.map((one) => one.version),
    definition.version,
  );
  const software = versions.find((one) => one.version === version);
  if (software === undefined)
    throw new Error(`step ${definition.name}: ${definition.software} has no version to run`);
  const config = configOf(step, software);
  checkTables(step, software);
  const recipe = buildRecipe({
    software,
    versionPolicy: definition.version_policy,
    command: software.command,
    environment: software.environment,
    tables: software.tables,
    parameters: config.identity,
    groupBy: definition.group_by,
    inputs: definition.inputs,
    associations: definition.associations,
  });
  const planned = { definition, position, software, config: config.all, recipe, place: step.place };
  if (stored === undefined) return { ...planned, id: null, change: 'created', fields: [] };
  const fields = [
    ...changedFields(comparable(stored.definition), comparable(definition)),
    ...(stored.position === position ? [] : ['position']),
    ...(stored.softwareVersion === software.version ? [] : ['software_version']),
    ...(stored.recipeHash === recipe.recipeHash ? [] : ['recipe_hash']),
  ];
  if (stored.isRetired) return { ...planned, id: stored.id, change: 'created', fields };
  return { ...planned, id: stored.id, change: fields.length > 0 ? 'updated' : 'unchanged', fields };
}

const comparable = (definition: StepDefinition): Record<string, Json> => ({
  ...definition,
  resources: { ...definition.resources },
});

/** A rule about a table that the version does not fill would never find anything. */
function checkTables({ definition, place, problems }: StepToPlan, software: SoftwareDefinition): void {
  readStored({ quality: definition.quality }, parseQuality).forEach(({ measure }, index) => {
    if (!('table' in measure)) return;
    const table = software.tables.find(({ name }) => name === measure.table);
    const isThere =
      table !== undefined &&
      (measure.of !== 'null_fraction' || table.columns.some(({ name }) => name === measure.column));
    if (isThere) return;
    const what = measure.of === 'null_fraction' ? `${measure.table}.${measure.column}` : measure.table;
    const message = `${software.name} ${software.version} fills no ${what}`;
    problems.push({
      code: 'quality.unknown_table',
      path: `${place}/quality/${index}/${measure.of}`,
      message,
    });
  });
}

function configOf(step: StepToPlan, software: SoftwareDefinition): EffectiveConfig {
  try {
    return effectiveConfig(software.config_schema, step.definition.config);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    step.problems.push(...configProblems(step.place, step.definition, software, error.problems));
    return { all: {}, identity: {} };
  }
}

/** Problems of a step's parameters, placed in the file: in the step itself, or at the software that would move it. */
export const configProblems = (
  place: string,
  definition: StepDefinition,
  software: SoftwareDefinition,
  problems: readonly Problem[],
): Problem[] =>
  place.startsWith('/pipelines/')
    ? problems.map((problem) => ({ ...problem, path: `${place}/config${problem.path}` }))
    : problems.map((problem) => ({
        code: 'step.config_not_accepted',
        path: place,
        message: `step "${definition.name}" would move to ${software.name} ${software.version}, but its parameter ${problem.path}: ${problem.message}; pin the step to a version or change its config in the same file`,
      }));
