import type { DefinitionsPlan, Planned, PlannedPipeline } from '@meridian/core';
import { ApiProperty } from '@nestjs/swagger';

const KINDS = ['software', 'location', 'pool', 'grouping', 'pipeline', 'step'] as const;
const CHANGES = ['created', 'updated', 'unchanged', 'retired'] as const;

/** What applying a file does, or would do, to one definition. */
export class DefinitionChangeResponse {
  @ApiProperty({ enum: KINDS })
  kind!: (typeof KINDS)[number];

  @ApiProperty({
    description: 'Software with its version (`name@1.2.0`), steps with their pipeline (`pipeline/step`).',
  })
  name!: string;

  @ApiProperty({ enum: CHANGES })
  change!: (typeof CHANGES)[number];

  @ApiProperty({
    type: [String],
    description:
      'Names of the members that differ. `software_version`: the step moves to another version; `recipe_hash`: its results become stale.',
  })
  fields!: readonly string[];

  /** Everything that the plan touches, unchanged things included, pipelines before their steps. */
  static of(plan: DefinitionsPlan): DefinitionChangeResponse[] {
    return [
      ...plan.software.map((one) =>
        entry('software', `${one.definition.name}@${one.definition.version}`, one),
      ),
      ...plan.locations.map((one) => entry('location', one.definition.name, one)),
      ...plan.pools.map((one) => entry('pool', one.definition.name, one)),
      ...plan.groupings.map((one) => entry('grouping', one.definition.name, one)),
      ...plan.pipelines.flatMap(pipelineEntries),
    ];
  }
}

const entry = (
  kind: DefinitionChangeResponse['kind'],
  name: string,
  { change, fields }: Pick<Planned<unknown>, 'change' | 'fields'>,
): DefinitionChangeResponse => ({ kind, name, change, fields });

function pipelineEntries(pipeline: PlannedPipeline): DefinitionChangeResponse[] {
  const { name } = pipeline.definition;
  return [
    entry('pipeline', name, pipeline),
    ...pipeline.steps.map((step) => entry('step', `${name}/${step.definition.name}`, step)),
    ...pipeline.retired.map((step) =>
      entry('step', `${name}/${step.definition.name}`, { change: 'retired', fields: [] }),
    ),
  ];
}
