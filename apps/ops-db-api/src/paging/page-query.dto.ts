import { Text, WholeNumber } from '../http/fields.js';

export const MAX_PAGE_SIZE = 1000;

/** What every list accepts. Lists with filters extend it. */
export class PageQuery {
  /** Rows per page. */
  @WholeNumber({ min: 1, max: MAX_PAGE_SIZE, inQuery: true, optional: true, default: 100 })
  limit: number = 100;

  /** `next` of the page before. */
  @Text({ max: 500, optional: true })
  cursor?: string;
}
