import { PUBLICATION_STATES, type PublicationState } from '@meridian/core';
import { OneOf, Text, WholeNumber } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

const LONGEST_WAIT_SECONDS = 60;

export class PublicationsQueryDto extends PageQuery {
  @OneOf(PUBLICATION_STATES, { optional: true })
  state?: PublicationState;

  @WholeNumber({ min: 1, inQuery: true, optional: true, description: 'Of this product.' })
  product?: number;

  @WholeNumber({ min: 1, inQuery: true, optional: true, description: 'Of products that this taint reaches.' })
  taint?: number;
}

export class PublicationQueryDto {
  @WholeNumber({
    min: 0,
    max: LONGEST_WAIT_SECONDS,
    inQuery: true,
    optional: true,
    default: 0,
    description:
      'Answers as soon as it is published, rejected, failed or withdrawn, or after so many seconds.',
  })
  wait_seconds = 0;
}

export class RequestPublicationDto {
  @Text({ optional: true, description: 'A location; without it, where its step publishes.' })
  to?: string;

  @Text({ max: 2000 })
  reason!: string;
}

export class WithdrawalDto {
  @Text({ max: 2000, description: 'Why: it is shown wherever the publication is.' })
  reason!: string;
}
