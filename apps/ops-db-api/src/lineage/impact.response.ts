import type { Impact } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class ImpactTotalsResponse {
  @ApiProperty()
  runs!: number;

  @ApiProperty()
  products!: number;

  @ApiProperty({ description: 'Sub-groups of which such a run is the present result.' })
  current_sub_groups!: number;

  @ApiProperty({ description: 'Products that are public now.' })
  published!: number;
}

export class StepImpactResponse extends ImpactTotalsResponse {
  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;
}

export class ImpactedSubGroupResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  pipeline!: string;

  @ApiProperty()
  step!: string;

  @ApiProperty()
  key!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: object;

  @ApiProperty()
  run_id!: number;
}

export class ImpactedPublicationResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  product_id!: number;

  @ApiProperty()
  location!: string;

  @ApiProperty()
  path!: string;

  @ApiProperty()
  version!: number;
}

export class ImpactResponse {
  @ApiProperty({ example: 'item:17' })
  of!: string;

  @ApiProperty({ type: ImpactTotalsResponse })
  total!: ImpactTotalsResponse;

  @ApiProperty({ type: [StepImpactResponse] })
  steps!: readonly StepImpactResponse[];

  @ApiProperty({ type: [ImpactedSubGroupResponse], description: 'The first ones by id; `total` counts all.' })
  sub_groups!: readonly ImpactedSubGroupResponse[];

  @ApiProperty({
    type: [ImpactedPublicationResponse],
    description: 'The first ones by id; `total` counts all.',
  })
  publications!: readonly ImpactedPublicationResponse[];

  static from(of: string, { steps, subGroups, publications }: Impact): ImpactResponse {
    const sum = (count: 'runs' | 'products' | 'currentSubGroups' | 'published'): number =>
      steps.reduce((total, step) => total + step[count], 0);
    return {
      of,
      total: {
        runs: sum('runs'),
        products: sum('products'),
        current_sub_groups: sum('currentSubGroups'),
        published: sum('published'),
      },
      steps: steps.map(({ currentSubGroups, ...step }) => ({
        ...step,
        current_sub_groups: currentSubGroups,
      })),
      sub_groups: subGroups,
      publications,
    };
  }
}
