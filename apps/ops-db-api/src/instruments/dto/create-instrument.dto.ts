import { Matches } from 'class-validator';
import { Name, Text, YesNo } from '../../http/fields.js';

/** `instrument/module` names a module, so neither name may hold a slash. */
export const NO_SLASH = /^[^/]*$/;

export class CreateInstrumentDto {
  @Name({ example: 'CHAI' })
  @Matches(NO_SLASH, { message: '$property must not hold a slash' })
  name!: string;

  @Name({ description: 'Name of its telescope.', example: 'FYST' })
  telescope!: string;

  @Text({ min: 0, max: 4000, optional: true })
  description?: string;

  @YesNo({ optional: true, default: true })
  available?: boolean;
}
