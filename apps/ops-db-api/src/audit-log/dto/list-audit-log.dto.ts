import { Text } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class ListAuditLogDto extends PageQuery {
  @Text({
    max: 300,
    optional: true,
    description: 'Only what happened to this.',
    example: 'location:cologne-cluster',
  })
  target?: string;

  @Text({ max: 200, optional: true, description: 'Only what this one did.', example: 'token:alice' })
  actor?: string;
}
