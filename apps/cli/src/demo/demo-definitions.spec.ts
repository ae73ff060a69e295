import { digestOfProgramInImage, type Json } from '@meridian/core';
import { demoDefinitions } from './demo-definitions.js';
import { localSite } from './demo-site.js';
import { isMoving, progressOf } from './step-progress.js';

const place = { dataset: 'm17-0123abcd', source: '/data/m17', site: localSite('/home/work') };
const only = { dim: 'dataset', operator: 'eq', value: 'm17-0123abcd' };

describe('the definitions of a demo', () => {
  it('are the example with a pipeline, a grouping and locations of its own', () => {
    const example = {
      software: [{ name: 'tool' }],
      groupings: [{ name: 'exposures', filter: [{ dim: 'dataset', operator: 'eq', value: 'demo' }] }],
      pipelines: [
        {
          name: 'imaging',
          grouping: 'exposures',
          location: 'local',
          trigger: 'MANUAL',
          steps: [{ name: 'extract', config: { a: 1 } }],
        },
      ],
    };

    expect(demoDefinitions(example, place, [{ step: 'extract', parameter: 'a', value: 2 }])).toEqual({
      software: [{ name: 'tool' }],
      locations: [
        { name: 'local', kind: 'PROCESSING', base_path: '/home/work', backend: 'local', runtime: 'host' },
        { name: 'imaging-m17-0123abcd', kind: 'SOURCE', base_path: '/data/m17' },
      ],
      groupings: [{ name: 'imaging-m17-0123abcd', filter: { all: [only] } }],
      pipelines: [
        {
          name: 'imaging-m17-0123abcd',
          grouping: 'imaging-m17-0123abcd',
          location: 'local',
          trigger: 'CONTINUOUS',
          steps: [{ name: 'extract', config: { a: 2 } }],
        },
      ],
    });
  });

  it.each<[Json, Json]>([
    [[], { all: [only] }],
    [
      [{ dim: 'filter', operator: 'eq', value: 'k' }],
      { all: [{ dim: 'filter', operator: 'eq', value: 'k' }, only] },
    ],
    [{ all: [{ dim: 'dataset', operator: 'eq', value: 'demo' }] }, { all: [only] }],
    [{ any: [] }, { all: [{ any: [] }, only] }],
  ])('take %j for this dataset only', (filter, expected) => {
    const { groupings } = demoDefinitions({ groupings: [{ filter }], pipelines: [{}] }, place, []);

    expect(groupings?.[0]?.['filter']).toEqual(expected);
  });
});

it('the definitions of a demo in a container are of other software, in the image of the site', () => {
  const example = {
    software: [{ name: 'extract', host_directory: '/here', digest: `sha256:${'a'.repeat(64)}` }],
    groupings: [{ filter: [] }],
    pipelines: [{ steps: [{ name: 'extract', software: 'extract' }] }],
  };
  const site = {
    location: { name: 'lab-rest', kind: 'PROCESSING' },
    image: { path: '/lab/image.sif', digest: `sha256:${'b'.repeat(64)}` },
  };

  expect(demoDefinitions(example, { ...place, site }, [])).toMatchObject({
    software: [
      {
        name: 'extract-container',
        host_directory: '/here',
        image: '/lab/image.sif',
        image_digest: site.image.digest,
        digest: digestOfProgramInImage(`sha256:${'a'.repeat(64)}`, site.image.digest),
      },
    ],
    locations: [site.location, { kind: 'SOURCE' }],
    pipelines: [{ location: 'lab-rest', steps: [{ name: 'extract', software: 'extract-container' }] }],
  });
});

describe("a step's progress", () => {
  it('counts what is done, runs, failed and waits', () => {
    expect(
      progressOf({
        name: 'mosaic',
        sub_groups: { current: 3, waived: 1, running: 2, failed: 1, blocked: 4, settling: 1 },
      }),
    ).toEqual({
      name: 'mosaic',
      done: 4,
      running: 2,
      failed: 1,
      total: 12,
      note: '4 blocked, 1 waiting',
    });
  });

  it.each([
    [{ current: 1, failed: 1, blocked: 1, incomplete: 1, waived: 1, paused: 1 }, false],
    [{}, false],
    [{ cooling_down: 1 }, true],
    [{ current: 9, missing: 1 }, true],
  ])('of %j is moving: %s', (states, moving) => {
    expect(isMoving([{ sub_groups: states }])).toBe(moving);
  });
});
