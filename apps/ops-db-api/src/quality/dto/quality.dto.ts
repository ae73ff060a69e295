import { QA_VERDICTS, type QaVerdict } from '@meridian/core';
import { OneOf, Text } from '../../http/fields.js';

export class VerdictDto {
  @OneOf(QA_VERDICTS)
  verdict!: QaVerdict;

  @Text({ max: 2000, description: 'Why: it is shown wherever the verdict is.' })
  reason!: string;
}
