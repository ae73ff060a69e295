import { Text, Texts, WholeNumbers } from '../../http/fields.js';
import { PageQuery } from '../../paging/page-query.dto.js';

export class ItemGapsQueryDto extends PageQuery {
  @Text()
  pipeline!: string;

  @Text()
  step!: string;
}

export class RetryItemsDto {
  @Text()
  pipeline!: string;

  @Text()
  step!: string;

  @Texts({
    optional: true,
    minItems: 1,
    maxItems: 50,
    description:
      "Only failures of these classes, in the program's words, whatever the retry policy says of them; an empty text is those that have no class.",
  })
  classes?: string[];

  @WholeNumbers({ optional: true, minItems: 1, description: 'Only these items.' })
  item_ids?: number[];
}
