import { WholeNumber, YesNo } from '../../http/fields.js';

const LONGEST_WAIT_SECONDS = 60;

export class RequestRebuildDto {
  @YesNo({ optional: true, description: 'Only say what would be rebuilt.' })
  dry_run = false;
}

export class RebuildQueryDto {
  @WholeNumber({
    min: 0,
    max: LONGEST_WAIT_SECONDS,
    inQuery: true,
    optional: true,
    default: 0,
    description: 'Answers as soon as it is over, or after so many seconds.',
  })
  wait_seconds = 0;
}
