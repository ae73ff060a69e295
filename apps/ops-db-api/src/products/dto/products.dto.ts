import { PRODUCT_TYPES, QA_VERDICTS, type QaVerdict } from '@meridian/core';
import { OneOf, Text, Time, WholeNumber, YesNo } from '../../http/fields.js';
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
    default: false,
    description:
      'Only those that are not what would be made today, superseded ones too: by recipe and inputs, never by files or times. Newest run first.',
  })
  stale: boolean = false;

  @YesNo({
    inQuery: true,
    optional: true,
    default: false,
    description:
      'Only those whose sub-group has failed since, or that were made while items failed, and that nothing has healed. Newest run first.',
  })
  failed_only: boolean = false;

  @YesNo({
    inQuery: true,
    optional: true,
    default: true,
    description: 'false shows superseded and retired ones too.',
  })
  current: boolean = true;

  @Time({ optional: true, description: 'Those that were current at this time, whatever `current` says.' })
  as_of?: string;

  @Text({ optional: true, description: 'Of pipelines of this grouping.' })
  grouping?: string;

  @WholeNumber({ min: 1, inQuery: true, optional: true, description: 'Of this sub-group.' })
  sub_group?: number;

  @YesNo({
    inQuery: true,
    optional: true,
    description: 'true: only those that are, or are made of, what was marked bad; false: only the others.',
  })
  tainted?: boolean;

  @WholeNumber({ min: 1, inQuery: true, optional: true, description: 'Those that this taint reaches.' })
  taint?: number;
}
