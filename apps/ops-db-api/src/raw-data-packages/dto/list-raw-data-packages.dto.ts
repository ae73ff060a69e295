import { PACKAGE_STATES, type PackageState } from '@meridian/ops-db';
import { OneOf, Text, Uuid } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class ListRawDataPackagesDto extends PageQuery {
  @Text({ optional: true })
  external_id?: string;

  @OneOf(PACKAGE_STATES, { optional: true })
  state?: PackageState;

  @Uuid({ optional: true })
  executed_obs_unit_id?: string;
}
