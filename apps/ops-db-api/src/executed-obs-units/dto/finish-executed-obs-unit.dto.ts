import { EXECUTION_OUTCOMES, type ExecutionOutcome } from '@meridian/ops-db';
import { OneOf, Time } from '../../http/fields.js';

export class FinishExecutedObsUnitDto {
  @Time()
  finished_at!: string;

  @OneOf(EXECUTION_OUTCOMES, { optional: true, default: 'SUCCEEDED' })
  status?: ExecutionOutcome;
}
