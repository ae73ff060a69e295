/** What becomes of bytes that are to be made again: other ones wait for a person's word. */
export const REMAKE_STATES = ['wanted', 'making', 'same', 'different', 'failed', 'accepted'] as const;
export type RemakeState = (typeof REMAKE_STATES)[number];

export interface RemakeAccount {
  readonly productId: number;
  readonly name: string;
  readonly state: RemakeState;
  /** The run that makes it again; null while there is none. */
  readonly remakeRunId: number | null;
  /** Why it is not further. */
  readonly reason: string;
}

/** What a run that needs a product without a copy says it waits for, and what a person can do about it. */
export function remakeWords({ productId, name, state, remakeRunId, reason }: RemakeAccount): string {
  const input = `input ${name} (product ${productId}) has no copy left`;
  const maker = remakeRunId === null ? 'its recipe' : `run ${remakeRunId}`;
  switch (state) {
    case 'wanted':
      return `${input}; it is to be made again${reason === '' ? '' : `: ${reason}`}`;
    case 'making':
      return `${input}; ${maker} makes it again`;
    case 'same':
      return `${input}; ${maker} made it again`;
    case 'different':
      return (
        `${input}, and ${maker} made it again with other bytes than were registered: ` +
        `accept them as a new version ("meridian rematerialise ${productId} --accept"), or restore the file and audit its location`
      );
    case 'failed':
      return (
        `${input}, and ${maker} did not make it again: ${reason}; ` +
        `cure that, then "meridian rematerialise ${productId}", or restore the file and audit its location`
      );
    case 'accepted':
      return `${input}; other bytes were accepted as a new version, so this run is outdated`;
  }
}
