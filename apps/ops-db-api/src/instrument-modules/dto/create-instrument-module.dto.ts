import { Matches } from 'class-validator';
import { Name, Text } from '../../http/fields.js';
import { NO_SLASH } from '../../instruments/dto/create-instrument.dto.js';

export class CreateInstrumentModuleDto {
  @Name({ description: 'Unique within its instrument.', example: 'LFA' })
  @Matches(NO_SLASH, { message: '$property must not hold a slash' })
  name!: string;

  @Name({ description: 'Name of its instrument.', example: 'CHAI' })
  instrument!: string;

  @Text({ min: 0, max: 4000, optional: true })
  description?: string;
}
