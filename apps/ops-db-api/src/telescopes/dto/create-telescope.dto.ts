import { FiniteNumber, Name } from '../../http/fields.js';

export class CreateTelescopeDto {
  @Name({ example: 'FYST' })
  name!: string;

  @Name({ description: 'Name of its observatory.', example: 'CCAT' })
  observatory!: string;

  @FiniteNumber({ min: -90, max: 90, optional: true })
  latitude_deg?: number;

  @FiniteNumber({ min: -180, max: 360, optional: true, description: 'East is positive.' })
  longitude_deg?: number;

  @FiniteNumber({ optional: true })
  altitude_m?: number;
}
