import type { LineageAnswer } from './provenance-types.js';
import { lineageOf } from './fetch-lineage.js';
import { lineageDepth, lineageTree, lineageTreeOfRuns } from './lineage-tree.js';
import { renderTree } from '../terminal/tree.js';

const product = (id: number, name: string): LineageAnswer['nodes'][number] => ({
  kind: 'DATA_PRODUCT',
  item_id: id,
  name,
  type: 'SCIENCE',
  dims: {},
});
const raw = (id: number, name: string): LineageAnswer['nodes'][number] => ({
  kind: 'RAW_DATA_FILE',
  item_id: id,
  name,
  type: null,
  dims: {},
});
const run = (id: number, step: string): LineageAnswer['nodes'][number] => ({
  kind: 'RUN',
  run_id: id,
  pipeline: 'p',
  step,
  software: 'tool',
  software_version: '1.0.0',
});
const used = (item: number, byRun: number): LineageAnswer['edges'][number] => ({
  from: `item:${item}`,
  to: `run:${byRun}`,
  relation: 'used',
});
const made = (byRun: number, item: number): LineageAnswer['edges'][number] => ({
  from: `run:${byRun}`,
  to: `item:${item}`,
  relation: 'generated',
});

// Two raw files, an image and a list of each, and a mosaic of all four.
const answer: LineageAnswer = {
  nodes: [
    raw(1, 'a.fits'),
    raw(2, 'b.fits'),
    product(3, 'a.image'),
    product(4, 'a.csv'),
    product(5, 'b.image'),
    product(6, 'mosaic'),
    run(1, 'extract'),
    run(2, 'extract'),
    run(3, 'mosaic'),
  ],
  edges: [
    used(1, 1),
    made(1, 3),
    made(1, 4),
    used(2, 2),
    made(2, 5),
    used(3, 3),
    used(4, 3),
    used(5, 3),
    made(3, 6),
  ],
  truncated: false,
};

describe('lineage', () => {
  it('is a tree of items, each with the run that made it', () => {
    expect(renderTree(lineageTree(lineageOf(answer), 6, 'up'))).toEqual([
      'mosaic (item 6, SCIENCE) by mosaic run 3, tool 1.0.0',
      '├─ a.image (item 3, SCIENCE) by extract run 1, tool 1.0.0',
      '│  └─ a.fits (item 1, raw data)',
      '├─ a.csv (item 4, SCIENCE) by extract run 1, tool 1.0.0',
      '│  └─ a.fits (item 1, raw data)',
      '└─ b.image (item 5, SCIENCE) by extract run 2, tool 1.0.0',
      '   └─ b.fits (item 2, raw data)',
    ]);
  });

  it('goes down too', () => {
    expect(renderTree(lineageTree(lineageOf(answer), 2, 'down'))).toEqual([
      'b.fits (item 2, raw data)',
      '└─ b.image (item 5, SCIENCE) by extract run 2, tool 1.0.0',
      '   └─ mosaic (item 6, SCIENCE) by mosaic run 3, tool 1.0.0',
    ]);
  });

  it('begins at runs, too, with what they used, or made', () => {
    const up = { ...answer, edges: answer.edges.filter((edge) => edge.from !== 'run:3') };
    expect(renderTree(lineageTreeOfRuns(lineageOf(up), 'run:3', 'up')).slice(0, 3)).toEqual([
      'run:3',
      '├─ a.image (item 3, SCIENCE) by extract run 1, tool 1.0.0',
      '│  └─ a.fits (item 1, raw data)',
    ]);
    const down = { ...answer, edges: answer.edges.filter((edge) => !['run:1', 'run:2'].includes(edge.to)) };
    const lines = renderTree(lineageTreeOfRuns(lineageOf(down), 'software:tool@1.0.0', 'down'));
    expect(lines[0]).toBe('software:tool@1.0.0');
    expect(lines.filter((line) => line.startsWith('├─') || line.startsWith('└─'))).toHaveLength(3);
  });

  it('draws what is shared with its branches once', () => {
    const lines = renderTree(lineageTree(lineageOf(answer), 1, 'down'));

    expect(lines.filter((line) => line.includes('mosaic (item 6'))).toHaveLength(2);
  });

  it('is as deep as there are runs up to the farthest raw file', () => {
    expect([6, 3, 1].map((item) => lineageDepth(lineageOf(answer), item))).toEqual([2, 1, 0]);
  });
});
