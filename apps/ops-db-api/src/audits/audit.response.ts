import { AUDIT_STATES, findingAdvice, FINDING_KINDS, FINDING_SEVERITIES } from '@meridian/core';
import type { AuditRow, FindingRow } from '@meridian/ops-db';
import { ApiProperty } from '@nestjs/swagger';

export class AuditResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty()
  location!: string;

  @ApiProperty({
    enum: AUDIT_STATES,
    description: 'copies: what is registered is looked at; files: what is there is looked at.',
  })
  state!: string;

  @ApiProperty({ description: 'Whether bytes are read and compared, too.' })
  checksums!: boolean;

  @ApiProperty({ type: Date, nullable: true })
  since!: Date | null;

  @ApiProperty()
  requested_by!: string;

  @ApiProperty({ description: 'Copies that were looked at.' })
  copies!: number;

  @ApiProperty({ description: 'Of the copies that are well.' })
  bytes!: number;

  @ApiProperty()
  missing!: number;

  @ApiProperty({ description: 'Copies with another size or checksum.' })
  damaged!: number;

  @ApiProperty()
  unreadable!: number;

  @ApiProperty({ description: 'Copies that were missing or damaged and are well again.' })
  recovered!: number;

  @ApiProperty({
    description: 'Data files that nothing can make again, and of which no location has a good copy.',
  })
  lost!: number;

  @ApiProperty({ description: 'Files that no record knows.' })
  unknown_files!: number;

  @ApiProperty()
  unknown_bytes!: number;

  @ApiProperty({ description: 'Files in output directories of attempts that are no products, and scratch.' })
  attempt_files!: number;

  @ApiProperty()
  attempt_bytes!: number;

  @ApiProperty({ description: 'Symbolic links, none of which was followed.' })
  links!: number;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed, or what it waits for.' })
  problem!: string | null;

  @ApiProperty()
  created_at!: Date;

  @ApiProperty({ type: Date, nullable: true })
  finished_at!: Date | null;

  static from(row: AuditRow): AuditResponse {
    const { id, location, state, checksums, since, copies, bytes, missing, damaged } = row;
    const { unreadable, recovered, lost, links, problem } = row;
    return {
      ...{ id, location, state, checksums, since, requested_by: row.requestedBy, copies, bytes },
      ...{ missing, damaged, unreadable, recovered, lost },
      ...{ unknown_files: row.unknownFiles, unknown_bytes: row.unknownBytes },
      ...{ attempt_files: row.attemptFiles, attempt_bytes: row.attemptBytes, links, problem },
      ...{ created_at: row.createdAt, finished_at: row.finishedAt },
    };
  }
}

export class FindingResponse {
  @ApiProperty()
  id!: number;

  @ApiProperty({ enum: FINDING_KINDS })
  kind!: string;

  @ApiProperty({ enum: FINDING_SEVERITIES })
  severity!: string;

  @ApiProperty({ description: "Relative to the location's base." })
  path!: string;

  @ApiProperty({ type: Number, nullable: true, description: 'Null for a file that no record knows.' })
  item_id!: number | null;

  @ApiProperty({ description: 'As registered; of a file that no record knows, its own.' })
  size_bytes!: number;

  @ApiProperty()
  detail!: string;

  @ApiProperty({ description: 'What to do about it.' })
  advice!: string;

  @ApiProperty()
  found_at!: Date;

  static from(row: FindingRow): FindingResponse {
    const { id, kind, severity, path, detail } = row;
    return {
      ...{ id, kind, severity, path, item_id: row.itemId, size_bytes: row.sizeBytes, detail },
      ...{ advice: findingAdvice(row), found_at: row.foundAt },
    };
  }
}
