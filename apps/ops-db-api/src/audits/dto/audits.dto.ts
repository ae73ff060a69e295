import { FINDING_SEVERITIES, type FindingSeverity } from '@meridian/core';
import { OneOf, Text, Time, WholeNumber, YesNo } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

const LONGEST_WAIT_SECONDS = 60;

export class RequestAuditDto {
  @YesNo({
    optional: true,
    description: 'Read every byte and compare, too: as long as reading all of it takes.',
  })
  checksums = false;

  @Time({ optional: true, description: 'Only copies that were registered since then.' })
  since?: string;
}

export class AuditsQueryDto extends PageQuery {
  @Text({ optional: true, description: 'Of this location, by id or name.' })
  location?: string;
}

export class AuditQueryDto {
  @WholeNumber({
    min: 0,
    max: LONGEST_WAIT_SECONDS,
    inQuery: true,
    optional: true,
    default: 0,
    description: 'Answers as soon as it is over, or after so many seconds.',
  })
  wait_seconds = 0;
}

export class FindingsQueryDto extends PageQuery {
  @OneOf(FINDING_SEVERITIES, {
    optional: true,
    description:
      'lost: nothing can bring it back; remake: it can be made again; copy: there is another; note: only to be known.',
  })
  severity?: FindingSeverity;
}
