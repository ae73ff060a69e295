import { OneOf, Text, WholeNumber, YesNo } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

const LONGEST_WAIT_SECONDS = 60;
const MOST_BYTES = Number.MAX_SAFE_INTEGER;
const LEVEL = 'How many bytes are to be left; without it, the low-water mark of the location.';

export class PurgesQueryDto extends PageQuery {
  @Text({ optional: true, description: 'Of this location.' })
  location?: string;
}

export class PurgeQueryDto {
  @WholeNumber({
    min: 0,
    max: LONGEST_WAIT_SECONDS,
    inQuery: true,
    optional: true,
    default: 0,
    description: 'Answers as soon as it has ended, or after so many seconds.',
  })
  wait_seconds = 0;
}

export class RequestPurgeDto {
  @WholeNumber({ min: 0, max: MOST_BYTES, optional: true, description: LEVEL })
  down_to_bytes?: number;

  @Text({ max: 2000, description: 'Why, for the record.' })
  reason!: string;
}

export class PurgePlanQueryDto {
  @WholeNumber({ min: 0, max: MOST_BYTES, inQuery: true, optional: true, description: LEVEL })
  down_to_bytes?: number;

  @WholeNumber({
    min: 1,
    max: 1_000_000,
    inQuery: true,
    optional: true,
    default: 50_000,
    description: 'Files that are looked at, the oldest first; the answer says when there are more.',
  })
  max_files = 50_000;

  @WholeNumber({
    min: 0,
    max: 1000,
    inQuery: true,
    optional: true,
    default: 5,
    description: 'Files that are named for each reason.',
  })
  sample = 5;
}

export class PurgeDecisionsQueryDto extends PageQuery {
  @Text({ optional: true, description: 'At this location.' })
  location?: string;

  @WholeNumber({ min: 1, inQuery: true, optional: true, description: 'Of this purge.' })
  purge?: number;

  @WholeNumber({ min: 1, inQuery: true, optional: true, description: 'About this product.' })
  product?: number;

  @OneOf(['delete', 'keep'], { optional: true })
  action?: 'delete' | 'keep';

  @Text({ optional: true, max: 200 })
  reason?: string;
}

export class UsageQueryDto {
  @YesNo({
    inQuery: true,
    optional: true,
    description: 'Also what the file system says, where it is mounted here.',
  })
  disk = false;
}

export class PausePurgingDto {
  @Text({ max: 1000, description: 'Shown to everybody who asks why nothing is purged.' })
  reason!: string;
}
