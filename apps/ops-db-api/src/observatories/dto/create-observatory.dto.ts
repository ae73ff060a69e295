import { Name, Text } from '../../http/fields.js';

export class CreateObservatoryDto {
  @Name({ example: 'CCAT' })
  name!: string;

  @Text({ min: 0, max: 4000, optional: true })
  description?: string;
}
