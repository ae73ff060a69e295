import { sql } from '@meridian/core';
import { queryRows } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import { checkBooks, readBooks, type Violation } from '../books.js';
import type { Ledger } from '../ledger.js';
import { checkPublicationBooks, readPublicationBooks } from '../publication-books.js';
import { checkPurgeBooks, readPurgeBooks } from '../purge-books.js';
import { checkTableBooks, readTableBooks } from '../table-books.js';
import type { Tally } from '../tally.js';
import { SITE, SOFTWARE } from './archive.js';
import type { Cluster } from './cluster.js';
import type { People } from './people.js';
import { OUTPUTS } from './program.js';

/** What a world is judged by, once everything in it is quiet. */
export interface Evidence {
  readonly manager: EntityManager;
  readonly publicBase: string;
  readonly tally: Tally;
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly people: People;
}

export interface Audited {
  readonly violations: readonly Violation[];
  /** How much there was to look at. */
  readonly seen: Readonly<Record<string, number>>;
}

/** One kind of books, read and compared with what happened: whatever else Meridian does with results gets one more. */
type Auditor = (evidence: Evidence) => Promise<Audited>;

const auditRuns: Auditor = async ({ manager, tally, cluster, ledger }) => {
  const books = await readBooks(manager);
  const violations = await checkBooks(books, {
    executions: await tally.read(),
    excuses: ledger.excuses,
    submissions: cluster.submissions,
    maybeSubmittedTwice: ledger.maybeSubmittedTwice,
    expectedPaths: OUTPUTS,
    outdated: await outdatedRuns(manager),
  });
  const { runs, attempts, products } = books;
  return { violations, seen: { runs: runs.length, attempts: attempts.length, products: products.length } };
};

const auditTables: Auditor = async ({ manager, tally }) => {
  const books = await readTableBooks(manager, SOFTWARE);
  const said = new Map(
    await Promise.all(
      books.runs.map(async ({ runId, attempt }) => [runId, await tally.said(runId, attempt)] as const),
    ),
  );
  const rows = [...books.sources, ...books.summaries];
  return {
    violations: checkTableBooks(books, ({ runId }) => said.get(runId) ?? new Map<string, string>()),
    seen: {
      outcomes: books.runs.reduce((sum, { outcomes }) => sum + Object.keys(outcomes).length, 0),
      rows: rows.filter(({ replacedBy }) => replacedBy === null).length,
      'rows replaced': rows.filter(({ replacedBy }) => replacedBy !== null).length,
      'lines in quarantine': books.runs.reduce((sum, { quarantined }) => sum + quarantined, 0),
    },
  };
};

const auditPublications: Auditor = async ({ manager, publicBase, people }) => {
  const books = await readPublicationBooks(manager, publicBase);
  const count = (state: string): number =>
    books.publications.filter((publication) => publication.state === state).length;
  return {
    violations: checkPublicationBooks(books, people.withdrawn),
    seen: {
      published: count('published'),
      withdrawn: count('withdrawn'),
      rejected: count('rejected'),
      'copied more than once': books.publications.filter(({ attempts }) => attempts > 1).length,
    },
  };
};

const auditPurges: Auditor = async ({ manager }) => {
  const books = await readPurgeBooks(manager, SITE);
  const [cleared] = await queryRows<{ count: number }>(
    manager,
    sql`SELECT count(DISTINCT (run_id, attempt))::int AS count FROM purge_decision WHERE purge_id IS NULL AND attempt IS NOT NULL`,
  );
  return {
    violations: checkPurgeBooks(books),
    seen: {
      purges: books.purges.length,
      'attempts cleared': cleared?.count ?? 0,
      'files purged': books.copies.filter(({ status }) => status === 'DELETED').length,
    },
  };
};

/** What the pipeline still owes. */
const auditGap: Auditor = async ({ manager }) => {
  const left = await queryRows<{ step: string; dims: string; state: string; detail: string }>(
    manager,
    sql`SELECT step.name AS step, sub_group.dims::text AS dims, state, sub_group.detail::text AS detail
        FROM sub_group JOIN reduction_step step ON step.id = sub_group.step_id WHERE state <> 'current' ORDER BY sub_group.id`,
  );
  const violations = left.map(({ step, dims, state, detail }): Violation => {
    const text = `${step} of ${dims} is ${state} still: ${detail}`;
    return { kind: 'stuck', text };
  });
  return { violations, seen: {} };
};

const AUDITORS: readonly Auditor[] = [auditRuns, auditTables, auditPublications, auditPurges, auditGap];

export async function audit(evidence: Evidence): Promise<Audited> {
  const audited = await Promise.all(AUDITORS.map((auditor) => auditor(evidence)));
  return {
    violations: audited.flatMap(({ violations }) => violations),
    seen: Object.assign({}, ...audited.map(({ seen }) => seen)) as Record<string, number>,
  };
}

/** Runs of which an input is not any more what it was when they were created. */
async function outdatedRuns(manager: EntityManager): Promise<Set<number>> {
  const rows = await queryRows<{ id: number }>(
    manager,
    sql`SELECT DISTINCT run.id FROM run JOIN input_set_member member USING (input_set_id) JOIN data_item item ON item.id = member.item_id
        WHERE member.content_hash <> item.content_hash`,
  );
  return new Set(rows.map(({ id }) => id));
}
