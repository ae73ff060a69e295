export interface CampaignOptions {
  readonly count: number;
  readonly seed: number;
  /** Only this batch, as it was in a campaign with the same seed. */
  readonly batch: number | null;
  readonly onProgress: (cases: number) => void;
}

export interface CampaignResult {
  readonly cases: number;
  /** How many of the cases were of what kind; a case may be of several. */
  readonly of: Readonly<Record<string, number>>;
  /** Cases in which what must be equal was not, with the batch that brings them back. */
  readonly differences: readonly { readonly batch: number; readonly text: string }[];
}

/** Tries a property on very many random cases. The same seed gives the same cases. */
export type Campaign = (options: CampaignOptions) => Promise<CampaignResult>;
