import { choosePurge } from '@meridian/core';
import type { DataSource, EntityManager } from 'typeorm';
import { forbidWrites } from '../queries/forbid-writes.sql.js';
import { findLocationUsage } from '../queries/retention/find-location-usage.sql.js';
import { listPurgeCandidates } from '../queries/retention/list-purge-candidates.sql.js';
import type { PurgeSum } from '../queries/retention/list-purges.sql.js';
import { judgeCopies } from './judge-copies.js';

export interface RehearsalRequest {
  readonly location: string;
  readonly downToBytes: number;
  /** Copies that are looked at, at most. */
  readonly maxFiles: number;
  /** Files of each sum that are named. */
  readonly sample: number;
}

export interface RehearsedFile {
  readonly itemId: number;
  readonly path: string;
  readonly bytes: number;
}

export interface PurgeRehearsal {
  readonly usedBeforeBytes: number;
  readonly usedAfterBytes: number;
  /** False when there were more copies than were to be looked at. */
  readonly isComplete: boolean;
  readonly sums: readonly (PurgeSum & { readonly sample: readonly RehearsedFile[] })[];
}

type Sum = PurgeSum & { readonly sample: RehearsedFile[] };

const BATCH = 500;

/**
 * What a purge would do now, decided as it decides, in one snapshot that can write nothing. What only a disk shows, a link in the way, is found when
 * bytes go. Undefined when there is no such location.
 */
export const rehearsePurge = (
  dataSource: DataSource,
  request: RehearsalRequest,
): Promise<PurgeRehearsal | undefined> =>
  dataSource.transaction('REPEATABLE READ', async (manager) => {
    await forbidWrites(manager);
    const usage = await findLocationUsage(manager, request.location);
    return usage === undefined ? undefined : walk(manager, request, usage);
  });

async function walk(
  manager: EntityManager,
  { downToBytes: level, maxFiles, sample }: RehearsalRequest,
  { id: locationId, bytes: usedBeforeBytes }: { readonly id: number; readonly bytes: number },
): Promise<PurgeRehearsal> {
  const sums = new Map<string, Sum>();
  let usedBytes = usedBeforeBytes;
  let seen = 0;
  for (let after = 0; usedBytes > level && seen < maxFiles;) {
    const limit = Math.min(BATCH, maxFiles - seen);
    const copyIds = await listPurgeCandidates(manager, { locationId, after, limit });
    if (copyIds.length === 0) break;
    const judged = await judgeCopies(manager, { copyIds, isLocking: false });
    const candidates = judged.map(({ candidate }) => candidate);
    const decisions = choosePurge(candidates, { usedBytes, highBytes: level, lowBytes: level });
    for (const [index, { action, reason, bytes }] of decisions.entries()) {
      const { itemId = 0, path = '' } = judged[index]?.facts ?? {};
      add(sums, { action, reason, sample }, { itemId, path, bytes });
      if (action === 'delete') usedBytes -= bytes;
    }
    seen += copyIds.length;
    after = copyIds.at(-1) ?? after;
  }
  const isComplete = usedBytes <= level || seen < maxFiles;
  return {
    usedBeforeBytes,
    usedAfterBytes: usedBytes,
    isComplete,
    sums: [...sums.values()].sort(byActionAndBytes),
  };
}

function add(
  sums: Map<string, Sum>,
  { action, reason, sample }: Pick<PurgeSum, 'action' | 'reason'> & { readonly sample: number },
  file: RehearsedFile,
): void {
  const key = `${action} ${reason}`;
  const sum = sums.get(key) ?? { action, reason, files: 0, bytes: 0, sample: [] };
  if (sum.sample.length < sample) sum.sample.push(file);
  sums.set(key, { ...sum, files: sum.files + 1, bytes: sum.bytes + file.bytes });
}

const byActionAndBytes = (a: Sum, b: Sum): number => a.action.localeCompare(b.action) || b.bytes - a.bytes;
