import type { Problem } from '../shared/domain-error.js';
import { DomainError } from '../shared/domain-error.js';
import type { Json } from '../shared/json.js';
import { checkTableHistory } from '../table/check-table-history.js';
import { associationCircles } from './association-circles.js';
import { changedFields } from './changed-fields.js';
import type {
  Definitions,
  GroupingDefinition,
  LocationDefinition,
  PipelineDefinition,
  PoolDefinition,
  SoftwareDefinition,
  StepDefinition,
} from './definition-document.js';
import { evaluationOrder } from './evaluation-order.js';
import { jsonPointer } from './json-pointer.js';
import { planStep, type DefinitionChange, type PlannedStep, type StoredStep } from './plan-step.js';
import { compareVersions, newestPermitted } from './semantic-version.js';

export interface Stored<Definition> {
  readonly id: number;
  readonly definition: Definition;
}
export type PipelineSettings = Omit<PipelineDefinition, 'steps'>;
export interface StoredPipeline extends Stored<PipelineSettings> {
  /** Retired ones included: a step that comes back takes up its row, and with it its history. */
  readonly steps: readonly StoredStep[];
}
/** Everything that the ops-db holds of what a definitions file can say. */
export interface StoredDefinitions {
  readonly software: readonly Stored<SoftwareDefinition>[];
  readonly locations: readonly Stored<LocationDefinition>[];
  readonly pools: readonly Stored<PoolDefinition>[];
  readonly groupings: readonly Stored<GroupingDefinition>[];
  readonly pipelines: readonly StoredPipeline[];
}

/** What is to become of one definition; `id` is null for what is new, `fields` names what differs. */
export interface Planned<Definition> {
  readonly id: number | null;
  readonly change: DefinitionChange;
  readonly fields: readonly string[];
  readonly definition: Definition;
}
export interface PlannedPipeline extends Planned<PipelineSettings> {
  readonly steps: readonly PlannedStep[];
  readonly retired: readonly StoredStep[];
}
export interface DefinitionsPlan {
  readonly software: readonly Planned<SoftwareDefinition>[];
  readonly locations: readonly Planned<LocationDefinition>[];
  readonly pools: readonly Planned<PoolDefinition>[];
  readonly groupings: readonly Planned<GroupingDefinition>[];
  /** Those of the file, and those whose steps move to a software version that the file registers. */
  readonly pipelines: readonly PlannedPipeline[];
  readonly problems: readonly Problem[];
}

/**
 * What applying a file would change; applying what is there already changes nothing.
 *
 * `problems` lists parameters that their software does not take, and what only shows together with the pipelines that are stored:
 * steps that bind each other's products in a circle, result tables that contradict those of other versions. Nothing that the file does not name is retired,
 * but the steps that one of its pipelines no longer has.
 *
 * @throws DomainError `software.version_immutable` when a registered version would become something else.
 */
export function planDefinitions(wanted: Definitions, stored: StoredDefinitions): DefinitionsPlan {
  const problems = [
    ...associationCircles(wanted.pipelines, stored.pipelines),
    ...tableProblems(wanted.software, stored.software),
  ];
  const software = wanted.software.map((definition) => planSoftware(definition, stored.software));
  const versions = versionsByName(wanted.software, stored.software);
  const pipelines = [
    ...wanted.pipelines.map((definition, index) => {
      const known = stored.pipelines.find((pipeline) => pipeline.definition.name === definition.name);
      const placeOf = (_: StepDefinition, step: number): string =>
        jsonPointer('pipelines', index, 'steps', step);
      return planPipeline({ definition, stored: known, placeOf, versions, problems });
    }),
    ...moveOthers(wanted, stored.pipelines, versions, problems),
  ];
  return {
    software,
    locations: wanted.locations.map((definition, index) =>
      planLocation(definition, stored.locations, index, problems),
    ),
    pools: wanted.pools.map((definition) => planNamed(definition, stored.pools)),
    groupings: wanted.groupings.map((definition) => planNamed(definition, stored.groupings)),
    pipelines,
    problems,
  };
}

/** What a new version says of a result table fits what the others of its software say of it. */
function tableProblems(
  wanted: readonly SoftwareDefinition[],
  stored: StoredDefinitions['software'],
): Problem[] {
  const known = stored.map(({ definition }) => definition);
  return wanted.flatMap(({ name, version, tables }, index) => {
    const others = [...known, ...wanted.slice(0, index)].filter(
      (other) => other.name === name && other.version !== version,
    );
    const place = jsonPointer('software', index, 'tables');
    return checkTableHistory(
      tables,
      others.map((other) => other.tables),
    ).map((problem) => ({ ...problem, path: place + problem.path }));
  });
}

/** Versions of each software, oldest first. */
export type SoftwareVersions = ReadonlyMap<string, readonly SoftwareDefinition[]>;

function versionsByName(
  wanted: readonly SoftwareDefinition[],
  stored: StoredDefinitions['software'],
): SoftwareVersions {
  const all = new Map(
    [...stored.map((one) => one.definition), ...wanted].map(
      (one) => [`${one.name}@${one.version}`, one] as const,
    ),
  );
  const byName = new Map<string, SoftwareDefinition[]>();
  for (const one of [...all.values()].sort((left, right) => compareVersions(left.version, right.version))) {
    byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  }
  return byName;
}

/** A member that the file leaves out (null) keeps what is stored. */
function planNamed<Definition extends { readonly name: string }>(
  definition: Definition,
  stored: readonly Stored<Definition>[],
): Planned<Definition> {
  const known = stored.find((one) => one.definition.name === definition.name);
  if (known === undefined) return { id: null, change: 'created', fields: [], definition };
  return compared(known, definition);
}

function compared<Definition extends object>(
  known: Stored<Definition>,
  definition: Definition,
): Planned<Definition> {
  const fields = changedFields(known.definition as Record<string, Json>, definition as Record<string, Json>);
  return { id: known.id, change: fields.length === 0 ? 'unchanged' : 'updated', fields, definition };
}

/** Where the program lies and how the software is described may change; what it is may not. */
const MUTABLE_SOFTWARE_FIELDS = ['description', 'host_directory'];

function planSoftware(
  definition: SoftwareDefinition,
  stored: StoredDefinitions['software'],
): Planned<SoftwareDefinition> {
  const sameName = stored.find((one) => one.definition.name === definition.name);
  const known = stored.find(
    (one) => one.definition.name === definition.name && one.definition.version === definition.version,
  );
  const description = definition.description ?? sameName?.definition.description ?? '';
  const wanted = { ...definition, description };
  if (known === undefined) return { id: null, change: 'created', fields: [], definition: wanted };
  const plan = compared(known, wanted);
  const changed = plan.fields.filter((field) => !MUTABLE_SOFTWARE_FIELDS.includes(field));
  const directoryIsTaken = definition.host_directory === null && known.definition.host_directory !== null;
  if (changed.length === 0 && !directoryIsTaken) return plan;
  throw versionImmutable(definition, changed.length === 0 ? ['host_directory'] : changed);
}

const versionImmutable = ({ name, version }: SoftwareDefinition, fields: readonly string[]): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'software.version_immutable',
    message: `${name} ${version} is registered already with another ${fields.join(', ')}; a registered version never changes.`,
    action: `Give the changed software a new version (the next one after ${version}) and apply again.`,
    problems: fields.map((field) => ({
      code: 'software.version_immutable',
      path: jsonPointer(field),
      message: `differs from what ${name} ${version} was registered with`,
    })),
  });

function planLocation(
  definition: LocationDefinition,
  stored: StoredDefinitions['locations'],
  index: number,
  problems: Problem[],
): Planned<LocationDefinition> {
  const plan = planNamed(definition, stored);
  if (plan.fields.includes('kind')) {
    const message = 'the kind of a location cannot change; define another location';
    problems.push({ code: 'location.kind_is_fixed', path: jsonPointer('locations', index, 'kind'), message });
  }
  return plan;
}

interface PipelineToPlan {
  readonly definition: PipelineDefinition;
  readonly stored: StoredPipeline | undefined;
  /** Where in the file a step of it is to be looked for. */
  readonly placeOf: (step: StepDefinition, index: number) => string;
  readonly versions: SoftwareVersions;
  readonly problems: Problem[];
}

function planPipeline({ definition, stored, placeOf, versions, problems }: PipelineToPlan): PlannedPipeline {
  const { steps, ...settings } = definition;
  const wanted = { ...settings, enabled: settings.enabled ?? stored?.definition.enabled ?? true };
  const order = evaluationOrder(definition);
  const plannedSteps = steps.map((step, index) =>
    planStep({
      definition: step,
      stored: storedStep(stored, step.name),
      position: order?.indexOf(step.name) ?? index,
      versions: versions.get(step.software) ?? [],
      place: placeOf(step, index),
      problems,
    }),
  );
  const names = new Set(steps.map((step) => step.name));
  const retired = (stored?.steps ?? []).filter((step) => !step.isRetired && !names.has(step.definition.name));
  if (stored === undefined)
    return { id: null, change: 'created', fields: [], definition: wanted, steps: plannedSteps, retired };
  const own = compared<PipelineSettings>(stored, wanted);
  const stepsChange = retired.length > 0 || plannedSteps.some((step) => step.change !== 'unchanged');
  const fields = stepsChange ? [...own.fields, 'steps'] : own.fields;
  return {
    ...own,
    fields,
    change: fields.length > 0 ? 'updated' : 'unchanged',
    steps: plannedSteps,
    retired,
  };
}

/** The living step of that name, or else the one retired last. */
const storedStep = (pipeline: StoredPipeline | undefined, name: string): StoredStep | undefined => {
  const same = (pipeline?.steps ?? []).filter((step) => step.definition.name === name);
  return same.find((step) => !step.isRetired) ?? same.at(-1);
};

/** Pipelines that the file does not name, but whose steps follow a software that it gives a new version. */
function moveOthers(
  wanted: Definitions,
  stored: readonly StoredPipeline[],
  versions: SoftwareVersions,
  problems: Problem[],
): PlannedPipeline[] {
  const named = new Set(wanted.pipelines.map((pipeline) => pipeline.name));
  const others = stored.filter((pipeline) => !named.has(pipeline.definition.name));
  const placeOf = (step: StepDefinition): string =>
    jsonPointer(
      'software',
      Math.max(
        wanted.software.findIndex((software) => software.name === step.software),
        0,
      ),
    );
  return others.flatMap((pipeline) => {
    const living = pipeline.steps.filter((step) => !step.isRetired);
    if (!living.some((step) => isMoved(step, versions))) return [];
    const definition = { ...pipeline.definition, steps: living.map((step) => step.definition) };
    return [planPipeline({ definition, stored: pipeline, placeOf, versions, problems })];
  });
}

const isMoved = (step: StoredStep, versions: SoftwareVersions): boolean => {
  const known = (versions.get(step.definition.software) ?? []).map((one) => one.version);
  return newestPermitted(known, step.definition.version) !== step.softwareVersion;
};
