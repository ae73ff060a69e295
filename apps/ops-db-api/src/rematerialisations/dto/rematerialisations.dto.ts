import { REMAKE_STATES, type RemakeState } from '@meridian/core';
import { OneOf, WholeNumber } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class RematerialisationsQueryDto extends PageQuery {
  @OneOf(REMAKE_STATES, { optional: true })
  state?: RemakeState;

  @WholeNumber({
    min: 1,
    inQuery: true,
    optional: true,
    description: 'Of the run that made this product.',
  })
  product?: number;
}
