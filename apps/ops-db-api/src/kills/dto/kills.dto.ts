import { KILL_SCOPES, type KillScope } from '@meridian/core';
import { OneOf, Text } from '../../http/fields.js';

export class CreateKillDto {
  @OneOf(KILL_SCOPES, { description: 'What is stopped. All but a run needs the role operator.' })
  scope!: KillScope;

  @Text({
    optional: true,
    description: 'The id of the run, or the name or id of the pipeline or location; absent for everything.',
  })
  target?: string;

  @Text({ max: 1000, description: 'Why; shown to everybody who asks why nothing runs.' })
  reason!: string;
}
