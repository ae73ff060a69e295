import type { Dims } from '@meridian/core';
import type { ListedRawFile, StoredJson } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';
import { FieldProblem } from '../http/problem-document.js';
import type { IngestedRow, IngestResult } from './ingest-rows.js';
import { INGEST_OUTCOMES, type IngestOutcome } from './plan-ingest.js';

export class CopyResponse {
  @ApiProperty()
  location!: string;

  @ApiProperty()
  path!: string;

  @ApiProperty({ example: 'PRESENT' })
  status!: string;
}

export class RawDataFileResponse {
  @ApiProperty({ description: 'Id of the data item.' })
  id!: number;

  @ApiProperty()
  external_id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  dims!: Dims;

  @ApiProperty()
  sha256!: string;

  @ApiProperty()
  size_bytes!: number;

  @ApiProperty({ type: Date, nullable: true })
  obs_time!: Date | null;

  @ApiProperty({ type: Date, nullable: true })
  obs_time_end!: Date | null;

  @ApiProperty({ type: Number, nullable: true })
  ra_deg!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  dec_deg!: number | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: StoredJson;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  executed_obs_unit_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  instrument_module!: string | null;

  @ApiProperty({ type: String, nullable: true })
  raw_data_package_external_id!: string | null;

  @ApiProperty()
  registered_at!: Date;

  @ApiProperty()
  changed_at!: Date;

  @ApiProperty({ type: [CopyResponse] })
  copies!: readonly CopyResponse[];

  static from(file: ListedRawFile): RawDataFileResponse {
    return {
      id: file.id,
      external_id: file.externalId,
      name: file.name,
      dims: file.dims,
      sha256: file.contentHash,
      size_bytes: file.sizeBytes,
      obs_time: file.obsTime,
      obs_time_end: file.obsTimeEnd,
      ra_deg: file.raDeg,
      dec_deg: file.decDeg,
      metadata: file.metadata,
      executed_obs_unit_id: file.executedObsUnitId,
      instrument_module: file.instrumentModule,
      raw_data_package_external_id: file.packageExternalId,
      registered_at: file.registeredAt,
      changed_at: file.changedAt,
      copies: file.copies,
    };
  }
}

export class IngestedRawDataFileResponse {
  @ApiProperty({ description: 'Id of the data item.' })
  id!: number;

  @ApiProperty()
  external_id!: string;

  @ApiProperty({
    enum: INGEST_OUTCOMES,
    description: 'changed: known, with another sha256; its results become stale.',
  })
  status!: IngestOutcome;

  @ApiProperty({ description: 'Whether a copy at this place was not known, or was gone.' })
  copy_added!: boolean;

  static from(row: IngestedRow): IngestedRawDataFileResponse {
    return { id: row.id, external_id: row.externalId, status: row.outcome, copy_added: row.copyAdded };
  }
}

export class BulkIngestResponse {
  @ApiProperty()
  registered!: number;

  @ApiProperty()
  changed!: number;

  @ApiProperty()
  unchanged!: number;

  @ApiProperty({ description: 'Rows that were left out; `problems` says why. Only with mode valid.' })
  rejected!: number;

  @ApiProperty({ type: [IngestedRawDataFileResponse], description: 'In the order of the rows sent.' })
  items!: IngestedRawDataFileResponse[];

  @ApiProperty({ type: [FieldProblem] })
  problems!: readonly FieldProblem[];

  static from(result: IngestResult, sent: number): BulkIngestResponse {
    const count = (outcome: IngestOutcome): number =>
      result.rows.filter((row) => row.outcome === outcome).length;
    return {
      registered: count('registered'),
      changed: count('changed'),
      unchanged: count('unchanged'),
      rejected: sent - result.rows.length,
      items: result.rows.map((row) => IngestedRawDataFileResponse.from(row)),
      problems: result.problems,
    };
  }
}
