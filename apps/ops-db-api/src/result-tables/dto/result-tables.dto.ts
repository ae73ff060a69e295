import { OneOf, Text, YesNo } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';
import { EXPORT_FORMATS, type ExportFormat } from '../export/table-writer.js';

export class ResultTablesQueryDto extends PageQuery {}

export class ExportQueryDto {
  @OneOf(EXPORT_FORMATS, {
    optional: true,
    default: 'fits',
    description: 'sql is CREATE TABLE without rows.',
  })
  format: ExportFormat = 'fits';

  @YesNo({
    optional: true,
    inQuery: true,
    default: false,
    description: 'Rows whose inputs or recipe have changed since, too; a column is_stale tells them apart.',
  })
  include_stale = false;

  @Text({
    optional: true,
    description: 'Dimensions of the subjects, separated by commas, that become columns.',
    example: 'source,line',
  })
  columns_of_dims?: string;
}
