import type { SlurmJob } from '../slurm/slurm-client.js';
import { readAccountedJobs } from './accounting-jobs.js';
import { readQueueJobs } from './queue-jobs.js';
import { sortReply, type RestReply } from './sort-reply.js';
import { readStateRows } from './state-rows.js';
import { readAcceptance } from './submit-job.js';
import { capturedIn, ORIGINS, replyOf, type Captured } from './testing/captured.js';

// Whatever was recorded, whole and cut off at many places, never ends a job that did not end so and never accepts one that was not.

const CUTS = 50;

/** Always the same places (Lehmer's generator). */
function places(length: number, seed: number): number[] {
  let state = (seed % 2_147_483_646) + 1;
  return Array.from({ length: CUTS }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state % length;
  });
}

interface Heard {
  readonly accepted: number | null;
  readonly ends: readonly string[];
}

const ENDS = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'OUT_OF_MEMORY', 'NODE_FAIL']);
const endsOf = (jobs: readonly Pick<SlurmJob, 'states'>[] | null): string[] =>
  (jobs ?? []).flatMap(({ states }) => states.filter((state) => ENDS.has(state)));

/** As each of the client's questions would read it, whichever it answers. */
function hear(reply: RestReply): Heard {
  const sorted = sortReply(reply);
  if (sorted.kind !== 'answer') return { accepted: null, ends: [] };
  return {
    accepted: readAcceptance(sorted.body)?.jobId ?? null,
    ends: [
      ...endsOf(readQueueJobs(sorted.body)),
      ...endsOf(readAccountedJobs(sorted.body, 'astro')),
      ...endsOf(readStateRows(sorted.body)),
    ],
  };
}

/** The states that the recorded text itself holds, read without any of the code above. */
function recordedStates({ text }: Captured): Set<string> {
  const lists = text.matchAll(/"(?:job_state|state|current)":(?:"(\w+)"|\[([^\]]*)\])/g);
  return new Set(
    [...lists]
      .flatMap(([, one, many]) => [one ?? '', ...(many ?? '').split(',')])
      .map((word) => word.replaceAll('"', '')),
  );
}

const ALL = ORIGINS.flatMap((origin) => capturedIn(origin));

it('there are some hundred recorded answers of every version', () => {
  expect(ALL.length).toBeGreaterThan(700);
  for (const version of ['38', '40', '41', '42', '43', '44', '45'])
    expect(ALL.filter(({ origin }) => origin.includes(`v0.0.${version}`)).length).toBeGreaterThan(90);
});

it('no recorded answer ends a job in a state that Slurm did not write', () => {
  for (const exchange of ALL) {
    const states = recordedStates(exchange);
    for (const end of hear(replyOf(exchange)).ends)
      expect([exchange.origin, exchange.name, states.has(end)]).toEqual([
        exchange.origin,
        exchange.name,
        true,
      ]);
  }
});

it('no recorded answer accepts a job but those that hold its id and HTTP 200', () => {
  for (const exchange of ALL) {
    const { accepted } = hear(replyOf(exchange));
    if (accepted === null) continue;
    const { method, path } = exchange.request;
    // The recordings of faults have no request beside them.
    expect([method ?? 'POST', path?.endsWith('/job/submit') ?? true, exchange.status]).toEqual([
      'POST',
      true,
      200,
    ]);
    expect(exchange.text).toContain(`"job_id":${accepted}`);
  }
});

it('no answer cut off at 50 places accepts or ends anything, or refuses what may have been carried out', () => {
  let cut = 0;
  for (const [seed, exchange] of ALL.entries()) {
    if (exchange.text.length === 0) continue;
    for (const place of places(exchange.text.length, seed)) {
      cut += 1;
      const reply = { ...replyOf(exchange), text: exchange.text.slice(0, place) };
      const where = `${exchange.origin}/${exchange.name} at ${place}`;
      expect([where, hear(reply)]).toEqual([where, { accepted: null, ends: [] }]);
      const isHarmless = [400, 401, 404, 415, 511, 304].includes(exchange.status);
      if (!isHarmless) expect([where, sortReply(reply).kind]).toEqual([where, 'silence']);
    }
  }
  expect(cut).toBeGreaterThan(30_000);
});

it('answers of any other shape are no jobs and no errors in the program', () => {
  const shapes = [
    null,
    1,
    'x',
    [],
    {},
    { jobs: null },
    { jobs: [null, 1, [], {}, { job_id: '1' }, { job_id: -1 }] },
  ];
  const odd = [
    { job_id: 5 },
    { job_id: 5, job_state: [] },
    { job_id: 5, job_state: [1] },
    { job_id: 1e99, job_state: 'COMPLETED' },
  ];
  for (const body of [
    ...shapes,
    { jobs: odd },
    { errors: 7, jobs: {} },
    { errors: [null, {}, { error_number: 'x' }] },
  ])
    for (const status of [200, 404, 500, 502])
      expect(hear({ status, text: JSON.stringify(body), elapsedMs: 1 }).ends).toEqual([]);
  expect(readQueueJobs({ jobs: [...odd, ...(shapes[6] as { jobs: unknown[] }).jobs] })).toHaveLength(0);
});
