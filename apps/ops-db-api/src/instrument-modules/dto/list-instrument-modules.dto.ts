import { Name } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class ListInstrumentModulesDto extends PageQuery {
  @Name({ optional: true, description: 'Only those of this instrument.' })
  instrument?: string;
}
