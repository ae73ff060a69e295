export interface RunQuality {
  readonly run_id: number;
  readonly verdict: string | null;
  readonly judged: string | null;
  readonly findings: readonly {
    readonly measure: string;
    readonly value: number | null;
    readonly verdict: string;
    readonly reason: string;
  }[];
  readonly given: readonly {
    readonly verdict: string;
    readonly reason: string;
    readonly given_by: string;
    readonly given_at: string;
  }[];
}
