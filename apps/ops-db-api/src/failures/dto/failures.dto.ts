import { OneOf, Text } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export const FAILURE_KINDS = ['sub_group', 'item'] as const;

export class FailuresQueryDto extends PageQuery {
  @Text({ optional: true })
  pipeline?: string;

  @Text({ optional: true })
  step?: string;

  @OneOf(FAILURE_KINDS, {
    optional: true,
    description: 'Only whole sub-groups, or only items of runs that completed.',
  })
  kind?: (typeof FAILURE_KINDS)[number];
}
