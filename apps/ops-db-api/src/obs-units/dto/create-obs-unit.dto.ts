import type { JsonObject } from '@meridian/core';
import { JsonMap, Name } from '../../http/fields.js';

export class CreateObsUnitDto {
  @Name({ example: 'M17-CII-tile-3' })
  name!: string;

  @Name({ description: 'Name of its observing program.' })
  observing_program!: string;

  @Name({ description: 'Name of its source.' })
  source!: string;

  @Name({ optional: true, description: 'Name of the instrument it is planned for.' })
  instrument?: string;

  @Name({ optional: true, description: 'The spectral line, where there is one.', example: 'CII' })
  line?: string;

  @JsonMap({ optional: true })
  metadata?: JsonObject;
}
