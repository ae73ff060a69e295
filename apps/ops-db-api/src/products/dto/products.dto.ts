import { PRODUCT_TYPES, QA_VERDICTS, type QaVerdict } from '@meridian/core';
import { OneOf, Text, WholeNumber, YesNo } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class ProductsQueryDto extends PageQuery {
  @Text({ optional: true })
  pipeline?: string;

  @Text({ optional: true })
  step?: string;

  @WholeNumber({ min: 1, inQuery: true, optional: true, description: 'Products of this run.' })
  run?: number;

  @OneOf(PRODUCT_TYPES, { optional: true })
  type?: string;

  @OneOf(QA_VERDICTS, { optional: true, description: 'Only of runs of which this verdict holds.' })
  verdict?: QaVerdict;

  @Text({
    optional: true,
    max: 8000,
    description:
      'A filter as groupings have them, as JSON: [{"table": "DataItem", "column": "metadata", "json_path": "exptime", "operator": "gt", "value": 5}].',
  })
  filter?: string;

  @YesNo({
    inQuery: true,
    optional: true,
    default: true,
    description: 'false shows superseded and retired ones too.',
  })
  current: boolean = true;
}
