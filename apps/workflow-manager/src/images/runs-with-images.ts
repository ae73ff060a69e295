import type { ClaimedRun } from '@meridian/ops-db';
import type { Site } from '../sites/sites.js';
import type { ImageKeeper } from './image-keeper.js';

export interface RunsWithImages {
  /** Their `imageRef` is the path of the file at their location. */
  readonly ready: readonly ClaimedRun[];
  readonly waiting: readonly { readonly run: ClaimedRun; readonly reason: string }[];
}

/** Which of the runs of one location have their image there; those that need none are ready. */
export async function runsWithImages(
  keeper: ImageKeeper,
  { location, files }: Site,
  runs: readonly ClaimedRun[],
  signal: AbortSignal,
): Promise<RunsWithImages> {
  const images = new Map<string, { image: string; wantedDigest: string }>();
  for (const run of runs) {
    const wanted = wantedBy(run);
    if (wanted !== null) images.set(keyOf(wanted), wanted);
  }
  const keys = [...images.keys()];
  const states = await keeper.look({ ...location, files }, [...images.values()], signal);
  const ready: ClaimedRun[] = [];
  const waiting: { run: ClaimedRun; reason: string }[] = [];
  for (const run of runs) {
    const wanted = wantedBy(run);
    const state = wanted === null ? undefined : states[keys.indexOf(keyOf(wanted))];
    if (state === undefined) ready.push(run);
    else if (state.kind === 'ready') ready.push({ ...run, imageRef: state.path });
    else waiting.push({ run, reason: state.reason });
  }
  return { ready, waiting };
}

const wantedBy = ({
  runtime,
  imageRef,
  imageDigest,
}: ClaimedRun): { image: string; wantedDigest: string } | null =>
  runtime === 'host' || imageRef === null ? null : { image: imageRef, wantedDigest: imageDigest ?? '' };

const keyOf = ({ image, wantedDigest }: { image: string; wantedDigest: string }): string =>
  `${wantedDigest} ${image}`;
