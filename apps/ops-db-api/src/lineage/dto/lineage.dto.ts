import { OneOf, WholeNumber } from '../../http/fields.js';

const DIRECTIONS = ['up', 'down'] as const;
export type LineageDirection = (typeof DIRECTIONS)[number];

export class LineageQuery {
  @OneOf(DIRECTIONS, {
    optional: true,
    default: 'up',
    description: 'up: what it is made from; down: what was made from it.',
  })
  direction: LineageDirection = 'up';

  @WholeNumber({
    min: 1,
    max: 100,
    inQuery: true,
    optional: true,
    default: 10,
    description: 'How many runs away to look.',
  })
  depth: number = 10;

  @WholeNumber({
    min: 1,
    max: 20_000,
    inQuery: true,
    optional: true,
    default: 2000,
    description: 'How many edges at most; then truncated is true.',
  })
  limit: number = 2000;
}
