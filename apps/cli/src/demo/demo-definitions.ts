import { digestOfProgramInImage, isJsonObject } from '@meridian/core';
import type { Json, JsonObject } from '@meridian/core';
import type { Definitions } from '../definitions/definitions-file.js';
import type { DemoSite } from './demo-site.js';
import type { Setting } from './settings.js';
import { withSettings } from './settings.js';

export interface DemoPlace {
  readonly dataset: string;
  /** Directory with the FITS files. */
  readonly source: string;
  /** Where it is processed. */
  readonly site: DemoSite;
}

/** The name of a dataset's pipeline, of its grouping, and of the location of its files. */
export const pipelineNameOf = (dataset: string): string => `imaging-${dataset}`;

/**
 * The example's definitions for one dataset: a pipeline and a grouping of its own that take only this dataset's files,
 * processed at one site, with the parameters that `--set` names.
 */
export function demoDefinitions(
  example: Definitions,
  { dataset, source, site }: DemoPlace,
  settings: readonly Setting[],
): Definitions {
  const name = pipelineNameOf(dataset);
  const [grouping = {}] = example.groupings ?? [];
  const [pipeline = {}] = example.pipelines ?? [];
  return {
    ...(example.software === undefined
      ? {}
      : { software: example.software.map((software) => inImage(software, site)) }),
    locations: [site.location, { name: name, kind: 'SOURCE', base_path: source }],
    groupings: [{ ...grouping, name, filter: restrictedTo(grouping['filter'] ?? [], dataset) }],
    pipelines: [
      withSettings(
        {
          ...pipeline,
          name,
          grouping: name,
          location: site.location['name'] ?? null,
          trigger: 'CONTINUOUS',
          ...(Array.isArray(pipeline['steps'])
            ? { steps: (pipeline['steps'] as readonly Json[]).map((step) => usingImage(step, site)) }
            : {}),
        },
        settings,
      ),
    ],
  };
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** In a container it is other software than the same program without one, and has a name of its own. */
const nameInImage = (name: string): string => `${name}-container`;

const inImage = (software: JsonObject, { image }: DemoSite): JsonObject =>
  image === null
    ? software
    : {
        ...software,
        name: nameInImage(textOf(software['name'])),
        image: image.path,
        image_digest: image.digest,
        digest: digestOfProgramInImage(textOf(software['digest']), image.digest),
      };

const usingImage = (step: Json, { image }: DemoSite): Json =>
  image === null || !isJsonObject(step) ? step : { ...step, software: nameInImage(textOf(step['software'])) };

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
