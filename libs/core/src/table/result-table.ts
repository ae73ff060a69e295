/** Types of a result table's columns. `flags` is a set of named bits in a whole number of 32 bits. */
export const RESULT_COLUMN_TYPES = [
  'boolean',
  'int16',
  'int32',
  'int64',
  'float32',
  'float64',
  'text',
  'timestamp',
  'flags',
] as const;
export type ResultColumnType = (typeof RESULT_COLUMN_TYPES)[number];

/** One bit of a column of flags. */
export interface FlagBit {
  /** 0 to 30: the value is 2^bit, and all of them together fit a signed 32-bit number. */
  readonly bit: number;
  readonly name: string;
  readonly description: string;
}

export interface ResultColumn {
  readonly name: string;
  readonly type: ResultColumnType;
  /** In the form of the FITS and VOUnits standards; empty without. */
  readonly unit: string;
  readonly description: string;
  /** What people find it under; empty without. */
  readonly section: string;
  readonly nullable: boolean;
  /** None but for `flags`. */
  readonly bits: readonly FlagBit[];
}

/** What a row is about: one of the run's input items, or all that the run was given. */
export const TABLE_SUBJECTS = ['item', 'sub_group'] as const;
export type TableSubject = (typeof TABLE_SUBJECTS)[number];

/** A table that a software version fills, in the words of the definitions file, with every default filled in. */
export interface ResultTable {
  readonly name: string;
  readonly description: string;
  readonly rows_of: TableSubject;
  /** Columns that tell the rows of one subject apart; none when each has one row. */
  readonly key: readonly string[];
  readonly columns: readonly ResultColumn[];
  /** Later steps may take the rows of each run as an input. No part of the recipe: the rows are the same. */
  readonly as_input?: true;
}

/** Names that are Meridian's own in every result table. */
export const OWN_COLUMNS = [
  'row_id',
  'item_id',
  'sub_group_id',
  'version_major',
  'version_minor',
  'software_version',
  'run_id',
  'created_at',
  'updated_at',
  'replaced_at',
  'replaced_by_run_id',
  'dims',
  'item',
] as const;
