import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseJobToken, sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import { checkBooks, readBooks, type Violation, type Witnesses } from '../books.js';
import type { LabCluster } from './lab-cluster.js';
import type { Input } from './meridian-api.js';

interface Made {
  readonly input: string;
  readonly runId: number;
  readonly status: string;
  /** Of the product as it is registered; null for a run without. */
  readonly sha256: string | null;
}

const LAST_FAULTS = 12;

/** Everything that `checkBooks` finds, and what only a real site can get wrong: each with the story of the run concerned. */
export async function checkLabBooks(
  manager: EntityManager,
  witnesses: Witnesses,
  { inputs, cluster, log }: { inputs: readonly Input[]; cluster: LabCluster; log: readonly string[] },
): Promise<Violation[]> {
  const books = await readBooks(manager);
  const violations = [
    ...(await checkBooks(books, witnesses)),
    ...checkInputs(await whatWasMade(manager), inputs),
    ...(await checkContents(books.products, await whatWasMade(manager), inputs)),
    ...checkOwners(witnesses, new Set(books.attempts.map(({ token }) => token))),
    ...(await cluster.queue()).map(({ id, token, state }): Violation => ({
      kind: 'stuck',
      text: `job ${id} of ${token} is ${state} still`,
    })),
  ];
  return Promise.all(
    violations.map(async ({ kind, text }) => ({ kind, text: text + (await storyOf(manager, text, log)) })),
  );
}

const whatWasMade = (manager: EntityManager): Promise<Made[]> =>
  queryRows<Made>(
    manager,
    sql`SELECT raw.name AS input, run.id AS "runId", run.status, product_item.content_hash AS sha256
        FROM run
        JOIN input_set_member member ON member.input_set_id = run.input_set_id
        JOIN data_item raw ON raw.id = member.item_id
        LEFT JOIN data_product product ON product.run_id = run.id
        LEFT JOIN data_item product_item ON product_item.id = product.item_id
        ORDER BY run.id`,
  );

/** Every input was worked on, and came to one result at most. */
function checkInputs(made: readonly Made[], inputs: readonly Input[]): Violation[] {
  return inputs.flatMap(({ name }): Violation[] => {
    const runs = made.filter(({ input }) => input === name);
    const done = new Set(
      runs.filter(({ status }) => status.startsWith('COMPLETED')).map(({ runId }) => runId),
    );
    if (runs.length === 0) return [{ kind: 'lost', text: `the input ${name} has no run` }];
    if (done.size > 1)
      return [{ kind: 'doubled', text: `the input ${name} was completed by the runs ${[...done].join()}` }];
    return [];
  });
}

/** Every product is what its input makes, and is registered as what it is. */
async function checkContents(
  products: readonly { readonly runId: number; readonly file: string }[],
  made: readonly Made[],
  inputs: readonly Input[],
): Promise<Violation[]> {
  const checked = products.map(async ({ runId, file }): Promise<Violation[]> => {
    const entry = made.find((one) => one.runId === runId);
    const expected = inputs.find(({ name }) => name === entry?.input)?.product;
    const content = await readFile(file, 'utf8').catch(() => null);
    const sha256 = content === null ? null : createHash('sha256').update(content).digest('hex');
    if (content === expected && sha256 === entry?.sha256) return [];
    return [
      { kind: 'lost', text: `the product of run ${runId} is not what it is registered as: ${content}` },
    ];
  });
  return (await Promise.all(checked)).flat();
}

/** Nothing was submitted or executed that no attempt stands for. */
function checkOwners({ submissions, executions }: Witnesses, known: ReadonlySet<string>): Violation[] {
  const attempts = new Set([...known].map((token) => keyOf(token)));
  return [
    ...[...(submissions?.keys() ?? [])]
      .filter((token) => !known.has(token))
      .map((token): Violation => ({ kind: 'lost', text: `a job of ${token} belongs to no attempt` })),
    ...[...executions.keys()]
      .filter((key) => !attempts.has(key))
      .map((key): Violation => ({ kind: 'lost', text: `the execution ${key} belongs to no attempt` })),
  ];
}

function keyOf(token: string): string {
  const { runId, attempt } = parseJobToken(token) ?? { runId: 0, attempt: 0 };
  return `${runId}.${attempt}`;
}

/** What became of the run that a text names, and what was done to it. */
async function storyOf(manager: EntityManager, text: string, log: readonly string[]): Promise<string> {
  const [, byName, byToken] = /\brun (\d+)|\bmrd-\w+-(\d+)-\d+/.exec(text) ?? [];
  const runId = Number(byName ?? byToken ?? 0);
  const events = await queryRows<{ line: string }>(
    manager,
    sql`SELECT concat_ws(' ', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                         from_status, '→', to_status, 'by', actor, ':', reason) AS line
        FROM run_event WHERE run_id = ${runId} ORDER BY id`,
  );
  const done = log.filter((line) => new RegExp(`mrd-\\w+-${runId}-\\d+\\b`).test(line)).slice(-LAST_FAULTS);
  const indent = (line: string): string => `\n      ${line}`;
  return [...events.map(({ line }) => line), ...done].map(indent).join('');
}
