import { JsonMap, Text, Texts, YesNo } from '../../http/fields.js';

export class PausePipelineDto {
  @Text({ max: 1000, optional: true, description: 'Shown wherever somebody asks why nothing happens.' })
  reason?: string;
}

export class TriggerPipelineDto {
  @JsonMap({
    optional: true,
    description: 'Sub-groups with these dimensions; without it all.',
    example: { source: 'M17' },
  })
  selection: Record<string, unknown> = {};

  @Texts({
    minItems: 1,
    maxItems: 1000,
    optional: true,
    description: 'Names of steps; without it every step.',
  })
  steps?: string[];

  @YesNo({
    optional: true,
    default: false,
    description: 'Run the selected sub-groups again even if they are current or waived.',
  })
  force: boolean = false;
}
