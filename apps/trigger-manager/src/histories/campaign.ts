import { planHistory, type History } from './history.js';
import { Lane } from './lane.js';
import { playHistory, type Played } from './play-history.js';
import { shortenHistory } from './shorten-history.js';

export interface CampaignOptions {
  readonly count: number;
  /** Of the first history; the others follow it. */
  readonly seed: number;
  /** Databases in which histories are played at the same time. */
  readonly lanes: number;
  readonly onProgress?: (played: number) => void;
  readonly onFailure?: (failure: Failure) => void;
}

/** A history whose outcome is not what it should be, as short as it could be made. */
export interface Failure {
  readonly seed: number;
  readonly lines: readonly string[];
  readonly differences: readonly string[];
}

export interface CampaignResult {
  readonly histories: number;
  readonly checks: number;
  readonly states: Readonly<Record<string, number>>;
  /** By kind of grouping and what the formation says, how often a sub-group with members was compared. */
  readonly forms: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

/** More than these need not be shortened: one mistake fails many histories. */
const MOST_FAILURES = 3;

/** Plays the histories of `count` seeds, and gives up after a few that fail. */
export async function playCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const total = new Totals();
  let next = options.seed;
  const playLane = async (): Promise<void> => {
    const lane = await Lane.open();
    try {
      while (next < options.seed + options.count && total.failures.length < MOST_FAILURES) {
        const history = planHistory(next);
        next += 1;
        const played = await playPatiently(lane, history);
        total.add(played);
        if (played.differences.length > 0) {
          const failure = await explain(lane, history, played);
          total.failures.push(failure);
          options.onFailure?.(failure);
        }
        options.onProgress?.(total.histories);
      }
    } finally {
      await lane.close();
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, playLane));
  const { histories, checks, failures } = total;
  return { histories, checks, failures, states: sorted(total.states), forms: sorted(total.forms) };
}

/** A history is the same each time. On a busy machine it may wait for a lock that is none of its own: for a page that another adds to a table. */
const MOST_TRIES = 3;

async function playPatiently(lane: Lane, history: History): Promise<Played> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await playHistory(lane, history);
    } catch (error) {
      if (tries < MOST_TRIES && /lock timeout/.test(String(error))) continue;
      throw new Error(`history ${history.seed} could not be played`, { cause: error });
    }
  }
}

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort());

const addTo = (total: Map<string, number>, counts: Readonly<Record<string, number>>): void => {
  for (const [name, count] of Object.entries(counts)) total.set(name, (total.get(name) ?? 0) + count);
};

class Totals {
  histories = 0;
  checks = 0;
  readonly states = new Map<string, number>();
  readonly forms = new Map<string, number>();
  readonly failures: Failure[] = [];

  add(played: Played): void {
    this.histories += 1;
    this.checks += played.checks;
    addTo(this.states, played.states);
    addTo(this.forms, played.forms);
  }
}

async function explain(lane: Lane, history: History, first: Played): Promise<Failure> {
  const fails = async (shorter: History): Promise<boolean> =>
    (await playHistory(lane, shorter)).differences.length > 0;
  const shortest = await shortenHistory(history, fails);
  const again = await playHistory(lane, shortest);
  // What two evaluators do at once may come out otherwise the next time.
  const { lines, differences } = again.differences.length > 0 ? again : first;
  return { seed: history.seed, lines: [JSON.stringify(history.pipelines), ...lines], differences };
}

/** What went wrong in a history, and how to see it again. */
export const describeFailure = ({ seed, lines, differences }: Failure): string =>
  [
    `history ${seed}: npm run histories -- --count 1 --seed ${seed}`,
    ...lines.map((line) => `  ${line}`),
    ...differences.map((line) => `  WRONG: ${line}`),
  ].join('\n');
