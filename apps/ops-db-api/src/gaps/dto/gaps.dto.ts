import { SUB_GROUP_STATES, type SubGroupState } from '@meridian/core';
import { OneOf, Text } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class GapsQueryDto extends PageQuery {
  @Text({ optional: true })
  pipeline?: string;

  @Text({ optional: true })
  step?: string;

  @OneOf(SUB_GROUP_STATES, { optional: true, description: 'Without it: every state but current.' })
  state?: SubGroupState;
}

export class GapsSummaryQuery {
  @Text({ optional: true })
  pipeline?: string;
}

export class WaiverDto {
  @Text({ max: 1000, description: 'Why this sub-group needs no result.' })
  reason!: string;
}
