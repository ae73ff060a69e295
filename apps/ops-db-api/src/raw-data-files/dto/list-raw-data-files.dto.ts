import { Text, Uuid } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class ListRawDataFilesDto extends PageQuery {
  @Text({ optional: true })
  external_id?: string;

  @Text({ optional: true })
  name?: string;

  @Uuid({ optional: true })
  executed_obs_unit_id?: string;

  @Text({ optional: true, description: 'External id of their package.' })
  raw_data_package?: string;

  @Text({
    max: 4000,
    optional: true,
    description: 'A JSON object; files whose dims hold all of it.',
    example: '{"source":"M17"}',
  })
  dims?: string;
}
