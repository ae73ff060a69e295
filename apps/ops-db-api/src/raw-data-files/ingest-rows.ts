import type { Problem } from '@meridian/core';
import {
  addCopies,
  attachRawFiles,
  findKnownRawFiles,
  insertRawFiles,
  replaceRawFileContents,
  resolveRawFileReferences,
  type RawFileReferences,
} from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import { violatedConstraint } from '../http/constraint-errors.js';
import { invalidRequest } from '../http/validation.js';
import type { IngestMode } from './dto/raw-data-file.dto.js';
import { parseRawFileRow, type RawFileRow } from './parse-raw-file-row.js';
import {
  planIngest,
  refuseRepetitions,
  type IngestOutcome,
  type IngestPlan,
  type IngestRow,
} from './plan-ingest.js';
import { referencesOf, resolveRow } from './resolve-row.js';

export interface IngestRequest {
  readonly rows: readonly unknown[];
  readonly mode: IngestMode;
  /** JSON pointer of a row, by its index. */
  readonly pointerOf: (row: number) => string;
}

export interface IngestedRow {
  /** Index in the request. */
  readonly row: number;
  readonly id: number;
  readonly externalId: string;
  readonly outcome: IngestOutcome;
  readonly copyAdded: boolean;
  readonly packageJoined: boolean;
}

export interface IngestResult {
  readonly rows: readonly IngestedRow[];
  /** Of the rows that were left out; empty in mode `all`, which leaves none out. */
  readonly problems: readonly Problem[];
}

/** Somebody registered one of our rows between our look and our write. */
const RACES = new Set(['raw_data_file_external_id_is_unique', 'one_item_per_path']);
const MAX_ATTEMPTS = 5;
const MAX_LISTED_PROBLEMS = 1000;

/**
 * Registers raw data files: looks once, decides, writes with at most one statement per kind of change.
 *
 * Nothing is written for rows that change nothing, so sending a whole archive again wakes nobody.
 *
 * @throws DomainError `request.invalid` with a problem per wrong row, when the mode is `all` and any row is wrong.
 */
export async function ingestRows(manager: EntityManager, request: IngestRequest): Promise<IngestResult> {
  const problems: Problem[] = [];
  const parsed = parseAll(request, problems);
  const references = await resolveRawFileReferences(
    manager,
    referencesOf(parsed.map(({ parsedRow }) => parsedRow)),
  );
  const { kept, problems: repetitions } = refuseRepetitions(
    resolveAll(parsed, references, request, problems),
    request.pointerOf,
  );
  problems.push(...repetitions);
  refuseInModeAll(request, problems);
  if (kept.length === 0) return { rows: [], problems };
  const { plan, ids } = await writeDespiteRaces(manager, kept, request);
  const rows = plan.rows.map(({ row, record, outcome, itemId, addsCopy, joinsPackage }) => {
    const id = itemId ?? ids.get(record.externalId);
    if (id === undefined) throw new Error(`no id came back for ${record.externalId}`);
    return {
      row,
      id,
      externalId: record.externalId,
      outcome,
      copyAdded: addsCopy,
      packageJoined: joinsPackage,
    };
  });
  return { rows, problems: [...problems, ...plan.problems] };
}

interface ParsedEntry {
  readonly row: number;
  readonly parsedRow: RawFileRow;
}

const parseAll = ({ rows, pointerOf }: IngestRequest, problems: Problem[]): ParsedEntry[] =>
  rows.flatMap((value, row) => {
    const parsedRow = parseRawFileRow(value, pointerOf(row), problems);
    return parsedRow === null ? [] : [{ row, parsedRow }];
  });

const resolveAll = (
  parsed: readonly ParsedEntry[],
  references: RawFileReferences,
  { pointerOf }: IngestRequest,
  problems: Problem[],
): IngestRow[] =>
  parsed.flatMap(({ row, parsedRow }) => {
    const record = resolveRow(parsedRow, references, { path: pointerOf(row), problems });
    return record === null ? [] : [{ row, record }];
  });

function refuseInModeAll({ mode }: IngestRequest, problems: readonly Problem[]): void {
  if (mode === 'all' && problems.length > 0)
    throw invalidRequest(problems.slice(0, MAX_LISTED_PROBLEMS), problems.length);
}

interface Written {
  readonly plan: IngestPlan;
  /** Ids of the new files, by external id. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Each attempt is a savepoint of its own; after a lost race the winner's rows are visible and the plan is another one. */
async function writeDespiteRaces(
  manager: EntityManager,
  rows: readonly IngestRow[],
  request: IngestRequest,
): Promise<Written> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await manager.transaction((savepoint) => write(savepoint, rows, request));
    } catch (error) {
      const isRace = RACES.has(violatedConstraint(error) ?? '');
      if (!isRace || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function write(
  manager: EntityManager,
  rows: readonly IngestRow[],
  request: IngestRequest,
): Promise<Written> {
  const known = await findKnownRawFiles(
    manager,
    rows.map(({ record }) => record),
  );
  const plan = planIngest(rows, known, request.pointerOf);
  refuseInModeAll(request, plan.problems);
  if (plan.replacements.length > 0) await replaceRawFileContents(manager, plan.replacements);
  if (plan.attachments.length > 0) await attachRawFiles(manager, plan.attachments);
  if (plan.copies.length > 0) await addCopies(manager, plan.copies);
  const inserted = plan.inserts.length > 0 ? await insertRawFiles(manager, plan.inserts) : [];
  return { plan, ids: new Map(inserted.map(({ externalId, id }) => [externalId, id])) };
}
