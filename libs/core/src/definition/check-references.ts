import { parseAssociations } from '../association/parse-associations.js';
import type { Problem } from '../shared/domain-error.js';
import type { Definitions, LocationKind, StepDefinition } from './definition-document.js';
import { jsonPointer } from './json-pointer.js';
import { suggestion } from './nearest-name.js';
import { isSemanticVersion, newestPermitted } from './semantic-version.js';

/** What exists already, by name: software with its versions, groupings, pools, locations with their kind, pipelines with their steps. */
export interface KnownDefinitions {
  readonly software: ReadonlyMap<string, readonly string[]>;
  readonly groupings: ReadonlySet<string>;
  readonly pools: ReadonlySet<string>;
  readonly locations: ReadonlyMap<string, LocationKind>;
  readonly pipelines: ReadonlyMap<string, readonly string[]>;
}

/** Reports every duplicate and every name that neither the file nor the ops-db has. */
export function checkReferences(
  definitions: Definitions,
  known: KnownDefinitions,
  problems: Problem[],
): void {
  const report = (code: string, path: string, message: string): void => {
    problems.push({ code, path, message });
  };
  reportDuplicates(definitions, report);
  const all = mergeKnown(definitions, known);
  definitions.pipelines.forEach((pipeline, index) => {
    const place = jsonPointer('pipelines', index);
    if (pipeline.grouping !== '' && !all.groupings.has(pipeline.grouping)) {
      const message = `there is no grouping "${pipeline.grouping}"${suggestion(pipeline.grouping, all.groupings)}`;
      report('pipeline.unknown_grouping', `${place}/grouping`, message);
    }
    const kind = all.locations.get(pipeline.location);
    if (pipeline.location !== '' && kind === undefined) {
      const message = `there is no location "${pipeline.location}"${suggestion(pipeline.location, all.locations.keys())}`;
      report('pipeline.unknown_location', `${place}/location`, message);
    } else if (kind !== undefined && kind !== 'PROCESSING') {
      report(
        'pipeline.location_cannot_process',
        `${place}/location`,
        `"${pipeline.location}" is a ${kind} location; jobs run at PROCESSING ones`,
      );
    }
    pipeline.steps.forEach((step, stepIndex) => {
      const path = place + jsonPointer('steps', stepIndex);
      checkSoftware(step, all.software, path, report);
      checkPublication(step, all.locations, path, report);
      checkAssociations({ step, pipeline: pipeline.name, path }, all.pipelines, report);
      if (step.pool === null || all.pools.has(step.pool)) return;
      const message = `there is no pool "${step.pool}"${suggestion(step.pool, all.pools)}`;
      report('step.unknown_pool', `${path}/pool`, message);
    });
  });
}

type Report = (code: string, path: string, message: string) => void;

function checkSoftware(
  step: StepDefinition,
  software: KnownDefinitions['software'],
  path: string,
  report: Report,
): void {
  if (step.software === '') return;
  const versions = software.get(step.software);
  if (versions === undefined) {
    const message = `there is no software "${step.software}"${suggestion(step.software, software.keys())}`;
    report('step.unknown_software', `${path}/software`, message);
  } else if (versions.length > 0 && newestPermitted(versions, step.version) === undefined) {
    const message = `${step.software} has no version ${step.version ?? ''} (there are ${versions.join(', ')})`;
    report('step.unknown_version', `${path}/version`, message);
  }
}

/** Where the public reads is another place than where jobs write. */
function checkPublication(
  { publication }: StepDefinition,
  locations: KnownDefinitions['locations'],
  path: string,
  report: Report,
): void {
  const to = publication?.['to'];
  if (typeof to !== 'string' || to === '') return;
  const kind = locations.get(to);
  const place = `${path}/publication/to`;
  if (kind === undefined)
    report(
      'publication.unknown_location',
      place,
      `there is no location "${to}"${suggestion(to, locations.keys())}`,
    );
  else if (kind === 'PROCESSING')
    report('publication.processing_location', place, `jobs write to "${to}": publish to another location`);
}

/** A step whose products another one, of whatever pipeline, binds as a calibration must be there, and be another one. */
function checkAssociations(
  { step, pipeline, path }: { step: StepDefinition; pipeline: string; path: string },
  pipelines: KnownDefinitions['pipelines'],
  report: Report,
): void {
  parseAssociations(step.associations).forEach(({ from }, index) => {
    if (from === null) return;
    const place = path + jsonPointer('associations', index, 'from');
    const steps = pipelines.get(from.pipeline ?? pipeline);
    if (steps === undefined) {
      const hint = suggestion(from.pipeline ?? '', pipelines.keys());
      report('associations.unknown_pipeline', place, `there is no pipeline "${from.pipeline ?? ''}"${hint}`);
    } else if (!steps.includes(from.step)) {
      report(
        'associations.unknown_step',
        place,
        `there is no step "${from.step}"${suggestion(from.step, steps)}`,
      );
    } else if ((from.pipeline ?? pipeline) === pipeline && from.step === step.name) {
      report(
        'associations.own_step',
        place,
        'a step cannot be calibrated by its own products: name another step, or leave the association out',
      );
    }
  });
}

/** Versions that are no versions have their own problem already, and cannot be compared. */
function mergeKnown(definitions: Definitions, known: KnownDefinitions): KnownDefinitions {
  const software = new Map(known.software);
  for (const { name, version } of definitions.software) {
    software.set(name, [...new Set([...(software.get(name) ?? []), version])].filter(isSemanticVersion));
  }
  return {
    software,
    groupings: new Set([...known.groupings, ...definitions.groupings.map((grouping) => grouping.name)]),
    pools: new Set([...known.pools, ...definitions.pools.map((pool) => pool.name)]),
    pipelines: new Map([
      ...known.pipelines,
      ...definitions.pipelines.map(({ name, steps }) => [name, steps.map((step) => step.name)] as const),
    ]),
    locations: new Map([
      ...known.locations,
      ...definitions.locations.map(({ name, kind }) => [name, kind] as const),
    ]),
  };
}

function reportDuplicates(definitions: Definitions, report: Report): void {
  const lists: Record<string, readonly string[]> = {
    software: definitions.software.map((software) => `${software.name} ${software.version}`),
    locations: definitions.locations.map((location) => location.name),
    pools: definitions.pools.map((pool) => pool.name),
    groupings: definitions.groupings.map((grouping) => grouping.name),
    pipelines: definitions.pipelines.map((pipeline) => pipeline.name),
  };
  for (const [list, names] of Object.entries(lists)) {
    names.forEach((name, index) => {
      if (names.indexOf(name) === index) return;
      report('definition.duplicate', jsonPointer(list, index, 'name'), `"${name}" is defined twice`);
    });
  }
}
