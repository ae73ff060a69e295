import type { RunArchive } from './runs-archive.js';
import type { RunningApi } from './runs-api.js';
import { median, quantile, type Figure, type Figures } from './report.js';

const MOST = 3;
const SAMPLES_PER_ROUND = 30;
const WARMING_UP = 5;
/** Below, everything is in memory and quickly looked at. */
const RUNS_THAT_TELL = 1_000_000;

/** What is asked for; a new one at every call where it depends on chance. */
export interface Question {
  readonly name: string;
  path(archive: RunArchive): string;
}

const fixed = (name: string, path: string): Question => ({ name, path: () => path });

const random = (from: number, to: number): number => Math.floor(from + Math.random() * (to - from));
/** As the API makes it of the last run of a page. */
const cursorAt = (runId: number): string => Buffer.from(JSON.stringify([runId])).toString('base64url');
const inTheMiddle = (name: string, query: string): Question => ({
  name: `${name}, a page in the middle`,
  path: ({ runs }) => `/runs?${query}cursor=${cursorAt(random(runs * 0.3, runs * 0.7))}`,
});

export const NOBODY_HAS = fixed('status that nobody has', '/runs?status=STAGING_DATA');

/** Pages as long as they are unless one asks for another length. */
export const LISTS: readonly Question[] = [
  fixed('newest', '/runs'),
  inTheMiddle('newest', ''),
  fixed('pipeline', '/runs?pipeline=survey'),
  inTheMiddle('pipeline', 'pipeline=survey&'),
  fixed('small pipeline', '/runs?pipeline=odd'),
  fixed('step', '/runs?pipeline=timing&step=image'),
  inTheMiddle('step', 'pipeline=timing&step=image&'),
  fixed('steps of a name', '/runs?step=image'),
  fixed('usual status', '/runs?status=COMPLETED'),
  inTheMiddle('usual status', 'status=COMPLETED&'),
  fixed('rare status', '/runs?status=COMPLETED_WITH_WARNINGS'),
  NOBODY_HAS,
  fixed('pipeline and status', '/runs?pipeline=survey&status=FAILED'),
  inTheMiddle('pipeline and status', 'pipeline=survey&status=FAILED&'),
  fixed('step and status', '/runs?pipeline=survey&step=mosaic&status=FAILED'),
  fixed('pipeline and a rare status', '/runs?pipeline=survey&status=COMPLETED_WITH_WARNINGS'),
  fixed('usual status, that no run of the step is in', '/runs?pipeline=odd&step=image&status=COMPLETED'),
  { name: 'sub-group', path: ({ runs }) => `/runs?sub_group_id=${random(1, runs / 4)}` },
];
export const COUNTS: readonly Question[] = [
  fixed('everything', '/runs/summary'),
  fixed('pipeline', '/runs/summary?pipeline=survey'),
  fixed('status', '/runs/summary?status=FAILED'),
];

/** Milliseconds of each question, and of the look-ups in between. */
export interface Timings {
  readonly asked: number[];
  /** Of a run with all that it has. */
  readonly lookedUp: number[];
  /** Of a row with its names, and nothing else. */
  readonly bare: number[];
}

export const noTimings = (): Timings => ({ asked: [], lookedUp: [], bare: [] });

/** Every question by turns with look-ups by primary key, as often as a round has it. */
export async function timeRound(
  api: RunningApi,
  archive: RunArchive,
  questions: readonly Question[],
  timings: Map<string, Timings>,
): Promise<void> {
  for (const question of questions) {
    const known = timings.get(question.name) ?? noTimings();
    timings.set(question.name, known);
    for (let n = 0; n < WARMING_UP; n += 1) await timeOnce(api, archive, question, noTimings());
    for (let n = 0; n < SAMPLES_PER_ROUND; n += 1) await timeOnce(api, archive, question, known);
  }
}

export async function timeOnce(
  api: RunningApi,
  archive: RunArchive,
  question: Question,
  { asked, lookedUp, bare }: Timings,
): Promise<void> {
  lookedUp.push((await api.ask(lookUpOf(archive))).milliseconds);
  asked.push((await api.ask(question.path(archive))).milliseconds);
  bare.push((await api.ask(`/sub-groups/${random(1, archive.runs / 4)}`)).milliseconds);
}

function lookUpOf({ runs, stride }: RunArchive): string {
  return `/runs/${random(1, Math.floor(runs / stride)) * stride}`;
}

export function latencyFigure({ asked, lookedUp, bare }: Timings): Figure {
  const value = quantile(asked, 0.95);
  const yardstick = quantile(lookedUp, 0.95);
  const simple = quantile(bare, 0.95);
  return {
    value,
    unit: 'ms, p95',
    yardstick: { name: 'GET /runs/:id', value: yardstick },
    ratio: value / yardstick,
    goal: `≤ ${MOST} ×`,
    holds: value / yardstick <= MOST,
    note:
      `medians ${median(asked).toFixed(1)} and ${median(lookedUp).toFixed(1)} ms, ${asked.length} of each by turns; ` +
      `beside GET /sub-groups/:id, which shows one row and nothing else: ${simple.toFixed(1)} ms, p95; ratio ${(value / simple).toFixed(2)}`,
  };
}

/** The one with the largest ratio stands for all. */
export function worstOf(figures: Figures): Figure {
  const [name, worst] =
    Object.entries(figures).sort(([, a], [, b]) => (b.ratio ?? 0) - (a.ratio ?? 0))[0] ?? [];
  if (worst === undefined) throw new Error('nothing was measured');
  return { ...worst, note: `the worst of ${Object.keys(figures).length}: ${name}` };
}

/** One that must not hold: the measurement tells, where there is much to look at. */
export const controlFigure = (figure: Figure, { runs }: RunArchive): Figure => ({
  ...figure,
  goal: `> ${MOST} × from ${RUNS_THAT_TELL} runs on: the measurement must tell`,
  holds: (figure.ratio ?? 0) > MOST || runs < RUNS_THAT_TELL,
});
