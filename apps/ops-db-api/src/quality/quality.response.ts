import { QA_VERDICTS } from '@meridian/core';
import type { RunQuality } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class QualityFindingResponse {
  @ApiProperty({ example: 'null fraction of sources.flux' })
  measure!: string;

  @ApiProperty({ type: Number, nullable: true, description: 'Null: it was not measured.' })
  value!: number | null;

  @ApiProperty({ enum: QA_VERDICTS })
  verdict!: string;

  @ApiProperty({ description: 'Why it is not PASS.' })
  reason!: string;
}

export class GivenVerdictResponse {
  @ApiProperty({ enum: QA_VERDICTS })
  verdict!: string;

  @ApiProperty()
  reason!: string;

  @ApiProperty()
  given_by!: string;

  @ApiProperty({ format: 'date-time' })
  given_at!: string;
}

export class RunQualityResponse {
  @ApiProperty()
  run_id!: number;

  @ApiProperty({
    enum: QA_VERDICTS,
    nullable: true,
    description:
      'The one that holds: the last word of a person, else that of the rules; null when nobody judged it.',
  })
  verdict!: string | null;

  @ApiProperty({ enum: QA_VERDICTS, nullable: true, description: 'By the rules of its step; null without.' })
  judged!: string | null;

  @ApiProperty({ type: [QualityFindingResponse] })
  findings!: readonly QualityFindingResponse[];

  @ApiProperty({ type: [GivenVerdictResponse], description: 'By people, the newest first.' })
  given!: readonly GivenVerdictResponse[];

  static from({ runId, verdict, judged, findings, given }: RunQuality): RunQualityResponse {
    return {
      run_id: runId,
      verdict,
      judged,
      findings,
      given: given.map(({ givenBy, givenAt, ...one }) => ({ ...one, given_by: givenBy, given_at: givenAt })),
    };
  }
}
