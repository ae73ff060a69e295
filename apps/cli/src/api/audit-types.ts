export interface LocationAudit {
  readonly id: number;
  readonly location: string;
  readonly state: string;
  readonly checksums: boolean;
  readonly copies: number;
  readonly bytes: number;
  readonly missing: number;
  readonly damaged: number;
  readonly unreadable: number;
  readonly recovered: number;
  readonly lost: number;
  readonly unknown_files: number;
  readonly unknown_bytes: number;
  readonly attempt_files: number;
  readonly attempt_bytes: number;
  readonly links: number;
  readonly problem: string | null;
}

export interface AuditFinding {
  readonly kind: string;
  readonly severity: string;
  readonly path: string;
  readonly detail: string;
  readonly advice: string;
}

export interface Rematerialisation {
  readonly id: number;
  readonly run_id: number;
  readonly remake_run_id: number | null;
  readonly state: string;
  readonly reason: string;
  readonly waiting_runs: readonly number[];
  readonly products: readonly {
    readonly product_id: number;
    readonly path: string;
    readonly outcome: string;
    readonly sha256: string;
    readonly found_sha256: string | null;
    readonly found_path: string | null;
  }[];
}

export interface Rebuild {
  readonly id: number;
  readonly location: string;
  readonly dry_run: boolean;
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly { readonly directory: string; readonly reason: string }[];
  readonly problem: string | null;
}
