import { WholeNumber } from '../../http/fields.js';

export class PlanQuery {
  /** Sub-groups shown of each step. */
  @WholeNumber({ min: 0, max: 1000, inQuery: true, optional: true, default: 10 })
  sample: number = 10;
}
