import { Name, OneOf } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class ListExecutedObsUnitsDto extends PageQuery {
  @Name({ optional: true, description: 'Only executions of this obs unit.' })
  obs_unit?: string;

  @OneOf(['RUNNING', 'SUCCEEDED', 'FAILED', 'ABORTED'], { optional: true })
  status?: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
}
