import { Text, Time, WholeNumber } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class ResultsQueryDto extends PageQuery {
  @Time({ description: 'The time at which it was current.' })
  as_of!: string;

  @Text({ optional: true })
  pipeline?: string;

  @Text({ optional: true })
  step?: string;

  @Text({ optional: true, description: 'Of pipelines of this grouping.' })
  grouping?: string;

  @WholeNumber({ min: 1, inQuery: true, optional: true })
  sub_group?: number;
}
