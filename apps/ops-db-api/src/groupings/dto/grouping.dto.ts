import { ApiProperty } from '@nestjs/swagger';
import { Allow as AnyValue } from 'class-validator';
import { JsonMap, Text, WholeNumber } from '../../http/fields.js';

/** A filter is checked by core, which names every problem by its JSON pointer. */
class WithFilter {
  @ApiProperty({
    description: 'A list of rules, all of which hold, or a tree of all, any and not.',
    example: [{ dim: 'source', operator: 'eq', value: 'M17' }],
  })
  @AnyValue()
  filter!: unknown;
}

export class ValidateFilterDto extends WithFilter {}

export class PreviewFilterDto extends WithFilter {
  @WholeNumber({ min: 0, max: 100, optional: true, default: 10, description: 'How many items to show.' })
  sample: number = 10;
}

export class UpdateGroupingDto extends WithFilter {
  @Text({ min: 0, max: 10_000, optional: true })
  description: string = '';
}

export class CloseGroupingDto {
  @JsonMap({
    optional: true,
    description: 'Sub-groups with these dimensions; without it all.',
    example: { source: 'M17' },
  })
  selection: Record<string, unknown> = {};

  @Text({ max: 1000, description: 'Why nothing more will come.' })
  reason!: string;
}

export class CreateGroupingDto extends UpdateGroupingDto {
  @Text({ max: 200 })
  name!: string;
}
