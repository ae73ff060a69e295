import { JsonMap, Text, Texts, YesNo } from '../../http/fields.js';

/** Of a pipeline, a step or a pool. */
export class PauseDto {
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

  @JsonMap({
    optional: true,
    description: "Step name → parameters that the runs of this request get instead of the step's own.",
    example: { extract: { aperture: 5 } },
  })
  overrides: Record<string, unknown> = {};

  @YesNo({
    optional: true,
    default: false,
    description: 'Run the selected sub-groups again even if they are current or waived.',
  })
  force: boolean = false;
}
