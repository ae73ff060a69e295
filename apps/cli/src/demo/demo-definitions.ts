import { isJsonObject } from '@meridian/core';
import type { Json, JsonObject } from '@meridian/core';
import type { Definitions } from '../definitions/definitions-file.js';
import type { Setting } from './settings.js';
import { withSettings } from './settings.js';

export interface DemoPlace {
  readonly dataset: string;
  /** Directory with the FITS files. */
  readonly source: string;
  /** Base of the local processing location. */
  readonly work: string;
}

export const LOCAL = 'local';

/** The name of a dataset's pipeline, of its grouping, and of the location of its files. */
export const pipelineNameOf = (dataset: string): string => `imaging-${dataset}`;

/**
 * The example's definitions for one dataset: a pipeline and a grouping of its own that take only this dataset's files,
 * processed on this machine, with the parameters that `--set` names.
 */
export function demoDefinitions(
  example: Definitions,
  { dataset, source, work }: DemoPlace,
  settings: readonly Setting[],
): Definitions {
  const name = pipelineNameOf(dataset);
  const [grouping = {}] = example.groupings ?? [];
  const [pipeline = {}] = example.pipelines ?? [];
  return {
    ...(example.software === undefined ? {} : { software: example.software }),
    locations: [
      { name: LOCAL, kind: 'PROCESSING', base_path: work, backend: 'local', runtime: 'host' },
      { name: name, kind: 'SOURCE', base_path: source },
    ],
    groupings: [{ ...grouping, name, filter: restrictedTo(grouping['filter'] ?? [], dataset) }],
    pipelines: [
      withSettings({ ...pipeline, name, grouping: name, location: LOCAL, trigger: 'CONTINUOUS' }, settings),
    ],
  };
}

// The example says which dataset it is for; here it is for this one.
function restrictedTo(filter: Json, dataset: string): Json {
  const only: JsonObject = { dim: 'dataset', operator: 'eq', value: dataset };
  const rules =
    isJsonObject(filter) && Array.isArray(filter['all']) ? (filter['all'] as readonly Json[]) : filter;
  const others = (Array.isArray(rules) ? (rules as readonly Json[]) : [rules]).filter(
    (rule) => !(isJsonObject(rule) && rule['dim'] === 'dataset'),
  );
  return { all: [...others, only] };
}
