import { PRODUCT_TYPES } from '@meridian/core';
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

  @YesNo({
    inQuery: true,
    optional: true,
    default: true,
    description: 'false shows superseded and retired ones too.',
  })
  current: boolean = true;
}
