import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { sql, SUCCESSFUL_STATUSES } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import type { Violation } from './books.js';

export interface PublicationEntry {
  readonly id: number;
  readonly state: string;
  readonly reasons: readonly string[];
  /** Below the base of what the public reads; null before copying began. */
  readonly path: string | null;
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly sha256: string;
  /** Every verdict on its run, by rules and by people. */
  readonly verdicts: readonly string[];
  readonly isSuperseded: boolean;
  /** What is recorded of its public copies, one status each. */
  readonly copies: readonly string[];
  /** States in the order of its history, from the first. */
  readonly states: readonly string[];
}

/** What the ops-db and the disk that the public reads say when everything is quiet. */
export interface PublicationBooks {
  readonly publications: readonly PublicationEntry[];
  /** Science of completed runs that is not on its way to the public. */
  readonly forgotten: readonly number[];
  /** What lies on the disk, by path, with the checksum of its bytes. */
  readonly files: ReadonlyMap<string, string>;
}

export async function readPublicationBooks(
  manager: EntityManager,
  publicBase: string,
): Promise<PublicationBooks> {
  const publications = await queryRows<PublicationEntry>(
    manager,
    sql`SELECT publication.id, state, reasons, publication.path, attempts, max_attempts AS "maxAttempts", item.content_hash AS sha256,
          ARRAY(SELECT verdict FROM qa_judgement WHERE run_id = product.run_id
                UNION SELECT verdict FROM qa_verdict WHERE run_id = product.run_id) AS verdicts,
          product.superseded_at IS NOT NULL AS "isSuperseded",
          ARRAY(SELECT status FROM physical_copy copy WHERE copy.item_id = item.id AND copy.data_location_id = publication.data_location_id) AS copies,
          ARRAY(SELECT to_state FROM publication_event event WHERE event.publication_id = publication.id ORDER BY event.id) AS states
        FROM publication JOIN data_product product USING (item_id) JOIN data_item item ON item.id = product.item_id
        ORDER BY publication.id`,
  );
  const forgotten = await queryRows<{ id: number }>(
    manager,
    sql`SELECT product.item_id AS id FROM data_product product JOIN run ON run.id = product.run_id
        WHERE product.type = 'SCIENCE' AND run.status = ANY(${SUCCESSFUL_STATUSES})
          AND NOT EXISTS (SELECT FROM publication WHERE publication.item_id = product.item_id)`,
  );
  return { publications, forgotten: forgotten.map(({ id }) => id), files: await filesBelow(publicBase) };
}

async function filesBelow(base: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(base, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    files.set(relative(base, file), sha256);
  }
  return files;
}

/** Every way in which what is public contradicts what was published; nothing when it does not. `withdrawn`: by a person. */
export function checkPublicationBooks(
  { publications, forgotten, files }: PublicationBooks,
  withdrawn: ReadonlySet<number>,
): Violation[] {
  const owners = new Map(publications.map((entry) => [entry.path, entry]));
  return [
    ...publications.flatMap((entry) => [...checkState(entry, withdrawn), ...checkBytes(entry, files)]),
    ...[...files.keys()].flatMap((path) => checkFile(path, owners.get(path))),
    ...forgotten.map((id): Violation => ({ kind: 'lost', text: `product ${id} was never to be published` })),
  ];
}

function checkState(entry: PublicationEntry, withdrawn: ReadonlySet<number>): Violation[] {
  const { id, state, attempts, maxAttempts, verdicts, isSuperseded, states } = entry;
  const name = `publication ${id}`;
  const problems: Violation[] = [];
  const add = (kind: Violation['kind'], text: string): unknown =>
    problems.push({ kind, text: `${name} ${text}` });
  if (['staged', 'eligible', 'publishing', 'failed'].includes(state))
    add('stuck', `is ${state}: ${entry.reasons.join('; ')}`);
  if (attempts > maxAttempts) add('doubled', `was tried ${attempts} times of ${maxAttempts}`);
  if (state === 'rejected' && !verdicts.includes('FAIL') && !isSuperseded)
    add('lost', `is rejected, of a run that is ${verdicts.join()}: ${entry.reasons.join('; ')}`);
  if (states.includes('published') && verdicts.join() === 'FAIL')
    add('doubled', 'was published, and nobody ever said that it is good');
  if ((state === 'withdrawn') !== withdrawn.has(id)) add('lost', `is ${state}, and nobody asked for that`);
  if (states.at(-1) !== state) add('lost', `is ${state}, and its history ends with ${states.at(-1)}`);
  if (states.filter((one) => one === 'published').length > 1) add('doubled', 'was published more than once');
  return problems;
}

function checkBytes(entry: PublicationEntry, files: ReadonlyMap<string, string>): Violation[] {
  const { id, state, path, sha256, copies } = entry;
  const present = copies.filter((status) => status !== 'DELETED');
  if (state !== 'published')
    return present.length === 0
      ? []
      : [
          {
            kind: 'stuck',
            text: `publication ${id} is ${state}, and a copy of it is ${present.join(' and ')}`,
          },
        ];
  const found = files.get(path ?? '');
  const problems: Violation[] = [];
  if (found === undefined)
    problems.push({ kind: 'lost', text: `publication ${id} is published and not on disk` });
  else if (found !== sha256)
    problems.push({ kind: 'lost', text: `publication ${id} is published with other bytes` });
  if (present.join() !== 'PRESENT')
    problems.push({
      kind: 'lost',
      text: `publication ${id} is published, and its copies are ${copies.join() || 'none'}`,
    });
  return problems;
}

/** Whatever the public can see was published; and nobody who died left rubbish behind for ever. */
function checkFile(path: string, owner: PublicationEntry | undefined): Violation[] {
  if (basename(path).startsWith('.')) return [{ kind: 'stuck', text: `${path} was left behind` }];
  if (owner?.state === 'published') return [];
  return [
    { kind: 'doubled', text: `${path} is public, of publication ${owner?.id} that is ${owner?.state}` },
  ];
}
