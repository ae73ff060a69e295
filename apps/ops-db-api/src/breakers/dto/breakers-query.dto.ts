import { BREAKER_STATES, type BreakerState } from '@meridian/ops-db';
import { OneOf } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class BreakersQueryDto extends PageQuery {
  @OneOf(BREAKER_STATES, {
    optional: true,
    description: 'half_open: the cool-down is over, and one run at a time may try.',
  })
  state?: BreakerState;
}
