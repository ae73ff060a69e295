import { Text } from '../../http/fields.js';

export class PauseLocationDto {
  @Text({ max: 1000, description: 'Shown to everybody who asks why nothing runs.' })
  reason!: string;
}
