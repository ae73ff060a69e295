import { OneOf, Text, WholeNumber } from '../../http/fields.js';

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
    description: 'How many runs away to look; without it, to any depth.',
  })
  depth?: number;

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

const SUBJECT = 'item:17, run:5, software:extract@1.2.0 or host:node17';

export class SubjectLineageQuery extends LineageQuery {
  @Text({ description: SUBJECT })
  of!: string;
}

export class ImpactQuery {
  @Text({ description: SUBJECT })
  of!: string;

  @WholeNumber({
    min: 1,
    max: 10_000,
    inQuery: true,
    optional: true,
    default: 100,
    description: 'How many sub-groups and publications to list at most; the counts are of all.',
  })
  limit: number = 100;
}
