import type { JsonObject } from '@meridian/core';
import { aVersion } from './survey-world.js';

/** Steps as a definitions file has them: a night's files, and what is made of a night's results. */
export const reduce = (more: JsonObject = {}): JsonObject => ({
  name: 'reduce',
  group_by: ['night'],
  ...more,
});
export const mosaic = (more: JsonObject = {}): JsonObject => ({
  name: 'mosaic',
  depends_on: ['reduce'],
  group_by: ['night'],
  ...more,
});
const SURVEY = { name: 'survey', filter: [{ dim: 'dataset', operator: 'eq', value: 'survey' }] };

/** A version of the software that takes a parameter. */
export const version = (number: string): JsonObject => ({
  ...aVersion(number),
  config_schema: { type: 'object', properties: { aperture: { type: 'number', default: 4 } } },
});

/** A definitions file of the whole pipeline, as the world's `define` writes it. */
export const proposal = (
  steps: readonly JsonObject[],
  {
    software = [version('1.0.0')],
    filter = SURVEY.filter,
  }: { software?: readonly JsonObject[]; filter?: readonly JsonObject[] } = {},
): JsonObject => ({
  software,
  groupings: [{ ...SURVEY, filter }],
  pipelines: [
    {
      name: 'main',
      grouping: 'survey',
      location: 'site',
      steps: steps.map((step) => ({ software: 'reduce', ...step })),
    },
  ],
});

const VERSIONS = [version('1.0.0'), version('2.0.0')];

/** Something of everything that an edit can change. */
export const PROPOSALS: readonly [string, JsonObject][] = [
  [
    'another filter',
    proposal([reduce(), mosaic()], {
      filter: [...SURVEY.filter, { dim: 'night', operator: 'neq', value: 2 }],
    }),
  ],
  ['another group_by', proposal([reduce({ group_by: ['night', 'band'] }), mosaic()])],
  ['a new version of the software', proposal([reduce(), mosaic()], { software: VERSIONS })],
  ['another configuration', proposal([reduce({ config: { aperture: 5 } }), mosaic()])],
  ['a step more', proposal([reduce(), mosaic(), { name: 'check', depends_on: ['mosaic'], group_by: [] }])],
  ['a step less', proposal([reduce()])],
  [
    'calibrations',
    proposal([
      reduce({
        associations: [
          {
            name: 'dark',
            select: [{ dim: 'dataset', operator: 'eq', value: 'darks' }],
            policy: 'nearest',
          },
        ],
      }),
      mosaic(),
    ]),
  ],
  [
    'observations instead of nights',
    proposal([
      reduce({
        group_by: {
          by: [],
          cluster: {
            tolerance: '60 s',
            slots: { dim: 'band', count: 2 },
            on_missing: 'accept',
            on_duplicate: 'last',
          },
        },
      }),
    ]),
  ],
  ['pieces of two', proposal([reduce({ group_by: { by: [], item: { bundle: 2 } } })])],
];
