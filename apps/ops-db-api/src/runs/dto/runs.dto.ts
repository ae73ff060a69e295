import { RUN_STATUSES, type RunStatus } from '@meridian/core';
import { Nested, OneOf, Text, WholeNumber } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class RunsQueryDto extends PageQuery {
  @Text({ optional: true })
  pipeline?: string;

  @Text({ optional: true })
  step?: string;

  @OneOf(RUN_STATUSES, { optional: true })
  status?: RunStatus;

  @WholeNumber({ min: 1, inQuery: true, optional: true })
  sub_group_id?: number;
}

export class RunsSummaryQuery {
  @Text({ optional: true })
  pipeline?: string;

  @Text({ optional: true })
  step?: string;

  @OneOf(RUN_STATUSES, { optional: true })
  status?: RunStatus;
}

export class CancelRunDto {
  @Text({ max: 1000, optional: true, description: 'Why; shown in the history of the run.' })
  reason: string = 'asked for';
}

export class RetryResourcesDto {
  @WholeNumber({ min: 1, max: 100_000, optional: true })
  cpus?: number;

  @WholeNumber({ min: 1, max: 2_000_000_000, optional: true })
  memory_mb?: number;

  @WholeNumber({ min: 1, max: 1_000_000, optional: true })
  walltime_minutes?: number;
}

export class RetryRunDto {
  @Nested(() => RetryResourcesDto, {
    optional: true,
    description: 'What the next attempt asks for, where it differs.',
  })
  resources?: RetryResourcesDto;
}

const STREAMS = ['stdout', 'stderr'] as const;
export type LogStreamName = (typeof STREAMS)[number];

export class LogQuery {
  @OneOf(STREAMS, { optional: true, default: 'stdout' })
  stream: LogStreamName = 'stdout';

  @WholeNumber({ min: 1, inQuery: true, optional: true, description: 'Without it the newest.' })
  attempt?: number;

  @WholeNumber({
    min: 0,
    inQuery: true,
    optional: true,
    default: 0,
    description: 'Bytes to skip; X-Next-Offset of the answer before.',
  })
  offset: number = 0;
}
