export interface ResultTable {
  readonly software: string;
  readonly name: string;
  readonly description: string;
  readonly relation: string;
  readonly rows_of: string;
  readonly key: readonly string[];
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly unit: string;
    readonly description: string;
    readonly section: string;
    readonly bits: readonly { readonly bit: number; readonly name: string }[];
  }[];
  readonly versions: readonly string[];
}

/** What an exported file holds. */
export interface ExportManifest {
  readonly table: string;
  readonly format: string;
  readonly rows: number;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly as_of: string;
}
