import type { Problem } from '@meridian/core';
import { ApiProperty } from '@nestjs/swagger';

/** One wrong field of a request. */
export class FieldProblem {
  @ApiProperty({ example: 'field.unknown' })
  code!: string;

  @ApiProperty({ description: 'JSON pointer into the request.', example: '/steps/0/nmae' })
  path!: string;

  @ApiProperty()
  message!: string;
}

/** Every answer that is not a success (RFC 9457, application/problem+json). */
export class ProblemDocument {
  @ApiProperty({
    description: 'Names the kind of problem; the same as `code`.',
    example: 'urn:meridian:problem:run.not_found',
  })
  type!: string;

  @ApiProperty({ example: 'Not Found' })
  title!: string;

  @ApiProperty({ example: 404 })
  status!: number;

  @ApiProperty({ description: 'What happened, for people; the text may change.' })
  detail!: string;

  @ApiProperty({ description: 'Stable name of the error, for programs.', example: 'run.not_found' })
  code!: string;

  @ApiProperty({ description: 'What to do next.' })
  action!: string;

  @ApiProperty({ type: [FieldProblem] })
  problems!: readonly Problem[];

  @ApiProperty({ description: 'Also in the X-Request-Id header and in the log.' })
  request_id!: string;
}
