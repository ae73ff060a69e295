import type { JsonObject } from '@meridian/core';
import { JsonMap, Name, Time, Uuid } from '../../http/fields.js';

export class StartExecutedObsUnitDto {
  @Uuid({ description: 'Made at the telescope, which may be offline when it observes.' })
  id!: string;

  @Name({ description: 'Name of the obs unit that is executed.' })
  obs_unit!: string;

  @Time()
  started_at!: string;

  @JsonMap({ optional: true })
  metadata?: JsonObject;
}
