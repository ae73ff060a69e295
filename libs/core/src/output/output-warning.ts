/** Something to tell people about a run that did not fail for it; any makes it COMPLETED_WITH_WARNINGS. */
export interface OutputWarning {
  readonly code: string;
  readonly message: string;
}
