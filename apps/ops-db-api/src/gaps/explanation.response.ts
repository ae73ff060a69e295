import {
  compareRecipes,
  earliestFiring,
  explainSubGroup,
  FIRING_NEEDS,
  nextDue,
  RECIPE_COMPONENTS,
  type RecipeDifference,
} from '@meridian/core';
import {
  INPUT_CHANGES,
  type AssociationDifference,
  type BlockingSubGroup,
  type GapEvidence,
  type InputDifference,
} from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { GapResponse } from './gap.response.js';

export class InputDifferenceResponse {
  @ApiProperty({
    enum: INPUT_CHANGES,
    description: 'remade: another run of the same upstream sub-group replaced it.',
  })
  change!: string;

  @ApiProperty()
  item_id!: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Content that the last result was made of; null: it was no member.',
  })
  was!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Content now; null: it is no member.' })
  is!: string | null;

  @ApiProperty({ description: 'When it was registered, retired or last changed.' })
  at!: Date;

  @ApiProperty({ type: Number, nullable: true, description: 'The upstream run that made it.' })
  run_id!: number | null;

  static from({ change, itemId, name, was, is, at, runId }: InputDifference): InputDifferenceResponse {
    return { change, item_id: itemId, name, was, is, at, run_id: runId };
  }
}

export class RecipeDifferenceResponse implements RecipeDifference {
  @ApiProperty({ enum: RECIPE_COMPONENTS })
  component!: RecipeDifference['component'];

  @ApiProperty({
    description: 'Within the component, as a JSON pointer; empty for the whole of it.',
    example: '/fit/order',
  })
  path!: string;

  @ApiProperty({ description: 'Any JSON value; null: it was not there.', nullable: true, oneOf: [{}] })
  was!: RecipeDifference['was'];

  @ApiProperty({ description: 'Any JSON value; null: it is not there.', nullable: true, oneOf: [{}] })
  is!: RecipeDifference['is'];
}

export class AssociationChoiceResponse {
  @ApiProperty()
  item_id!: number;

  @ApiProperty()
  item!: string;

  @ApiProperty()
  method!: string;

  @ApiProperty({
    description: 'From the middle of the sub-group to the middle of its validity; negative is before.',
  })
  offset_seconds!: number;

  @ApiProperty()
  weight!: number;

  @ApiProperty()
  sha256!: string;
}

export class AssociationDifferenceResponse implements AssociationDifference {
  @ApiProperty()
  name!: string;

  @ApiProperty({ description: 'only, or before and after where two are interpolated.' })
  role!: string;

  @ApiProperty({ type: AssociationChoiceResponse, nullable: true })
  was!: AssociationChoiceResponse | null;

  @ApiProperty({ type: AssociationChoiceResponse, nullable: true })
  is!: AssociationChoiceResponse | null;
}

export class BlockingSubGroupResponse {
  @ApiProperty()
  sub_group_id!: number;

  @ApiProperty()
  step!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: object;

  @ApiProperty()
  state!: string;

  @ApiProperty()
  explanation!: string;

  static from({ id, step, dims, state, causes, detail, until }: BlockingSubGroup): BlockingSubGroupResponse {
    const explanation = explainSubGroup({ state, causes, detail, until: until?.toISOString() ?? null });
    return { sub_group_id: id, step, dims, state, explanation };
  }
}

export class LastResultResponse {
  @ApiProperty()
  run_id!: number;

  @ApiProperty()
  finished_at!: Date;

  @ApiProperty()
  software_version!: string;
}

/** Why a sub-group is what it is, against its last result, and when it can be run. */
export class GapExplanationResponse {
  @ApiProperty({ type: GapResponse })
  gap!: GapResponse;

  @ApiProperty({
    type: LastResultResponse,
    nullable: true,
    description: 'null: it never had one, so nothing differs from it.',
  })
  last_result!: LastResultResponse | null;

  @ApiProperty({ description: 'That a run would use now.' })
  software_version!: string;

  @ApiProperty({ type: [InputDifferenceResponse], description: 'At most 1000.' })
  inputs!: InputDifferenceResponse[];

  @ApiProperty({ type: [RecipeDifferenceResponse] })
  recipe!: RecipeDifference[];

  @ApiProperty({ type: [AssociationDifferenceResponse] })
  associations!: readonly AssociationDifferenceResponse[];

  @ApiProperty({
    type: [BlockingSubGroupResponse],
    description: 'Upstream sub-groups that it waits for, at most 1000.',
  })
  blocked_by!: BlockingSubGroupResponse[];

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What the formation of the sub-group says of it: form, missing, duplicates, refused items.',
  })
  report!: object;

  @ApiProperty({
    type: [String],
    description: 'What keeps a run from being started, whatever its sub-group waits for.',
  })
  holds!: readonly string[];

  @ApiProperty({ enum: FIRING_NEEDS, description: 'What must happen before its next run is created.' })
  needs!: string;

  @ApiProperty({
    type: Date,
    nullable: true,
    description:
      'Earliest time of its next run, if what it needs comes at once; null when it takes a person, or nothing is wanted.',
  })
  earliest_at!: Date | null;

  @ApiProperty({
    type: Date,
    nullable: true,
    description: 'When it is run though nothing more comes; null: never by time alone.',
  })
  unaided_at!: Date | null;

  static from(
    { gap, facts, inputs, associations, blockedBy }: GapEvidence,
    now: Date,
  ): GapExplanationResponse {
    const { lastResult, schedule, waitingReason } = facts;
    const { state, detail, until } = gap;
    const firing = earliestFiring(
      {
        state,
        detail,
        until: until?.getTime() ?? null,
        isRetired: facts.isRetired,
        isAsked: facts.isAsked,
        nextDueAt: schedule === null ? null : nextDue(schedule.expression, schedule.timezone, now).getTime(),
        settleSeconds: facts.settleSeconds,
        lastMemberAt: facts.lastMemberAt?.getTime() ?? null,
        cooledAt: facts.cooledAt?.getTime() ?? null,
      },
      now.getTime(),
    );
    return {
      gap: GapResponse.from(gap),
      last_result:
        lastResult === null
          ? null
          : {
              run_id: lastResult.runId,
              finished_at: new Date(lastResult.finishedAt),
              software_version: lastResult.softwareVersion,
            },
      software_version: facts.softwareVersion,
      inputs: inputs.map((one) => InputDifferenceResponse.from(one)),
      recipe: lastResult === null ? [] : compareRecipes(lastResult.recipe, facts.recipe),
      associations,
      blocked_by: blockedBy.map((one) => BlockingSubGroupResponse.from(one)),
      report: facts.report,
      holds: [...(waitingReason === null ? [] : [waitingReason]), ...facts.holds],
      needs: firing.needs,
      earliest_at: dateOf(firing.earliest),
      unaided_at: dateOf(firing.unaided),
    };
  }
}

const dateOf = (milliseconds: number | null): Date | null =>
  milliseconds === null ? null : new Date(milliseconds);
