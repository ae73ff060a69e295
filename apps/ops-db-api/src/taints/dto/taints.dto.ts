import { Text, Time, YesNo } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class TaintsQueryDto extends PageQuery {
  @YesNo({ inQuery: true, optional: true, default: false, description: 'true shows lifted ones too.' })
  all: boolean = false;
}

export class MarkTaintDto {
  @Text({
    description:
      'What is bad: item:17 (with the content that it has now), software:extract@1.2.0 or host:node17.',
  })
  of!: string;

  @Text({ max: 2000, description: 'Why: it is shown wherever the taint is.' })
  reason!: string;

  @Time({ optional: true, description: 'Of a host: only what was at work there at this time or later.' })
  since?: string;

  @Time({ optional: true, description: 'Of a host: only what was at work there at this time or before.' })
  until?: string;
}

export class LiftTaintDto {
  @Text({ max: 2000, description: 'Why: it is shown wherever the taint is.' })
  reason!: string;
}
