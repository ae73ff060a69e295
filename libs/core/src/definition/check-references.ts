import type { Problem } from '../shared/domain-error.js';
import type { Definitions, LocationKind, StepDefinition } from './definition-document.js';
import { jsonPointer } from './json-pointer.js';
import { suggestion } from './nearest-name.js';
import { isSemanticVersion, newestPermitted } from './semantic-version.js';

/** What exists already, by name: software with its versions, groupings, and locations with their kind. */
export interface KnownDefinitions {
  readonly software: ReadonlyMap<string, readonly string[]>;
  readonly groupings: ReadonlySet<string>;
  readonly locations: ReadonlyMap<string, LocationKind>;
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
    pipeline.steps.forEach((step, stepIndex) =>
      checkSoftware(step, all.software, place + jsonPointer('steps', stepIndex), report),
    );
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

/** Versions that are no versions have their own problem already, and cannot be compared. */
function mergeKnown(definitions: Definitions, known: KnownDefinitions): KnownDefinitions {
  const software = new Map(known.software);
  for (const { name, version } of definitions.software) {
    software.set(name, [...new Set([...(software.get(name) ?? []), version])].filter(isSemanticVersion));
  }
  return {
    software,
    groupings: new Set([...known.groupings, ...definitions.groupings.map((grouping) => grouping.name)]),
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
