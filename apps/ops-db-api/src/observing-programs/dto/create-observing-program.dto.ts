import { Name, Text } from '../../http/fields.js';

export class CreateObservingProgramDto {
  @Name({ example: '2026-A-017' })
  name!: string;

  @Text({ min: 0, optional: true })
  title?: string;

  @Text({ min: 0, max: 200, optional: true, description: 'Who leads it.' })
  lead?: string;
}
