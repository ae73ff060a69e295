import path from 'node:path';
import { choosePurge, reasonToKeep, safeText, messageOf } from '@meridian/core';
import { mapConcurrently } from '@meridian/daemon';
import { OutsideBase, SiteAway, type SiteFiles } from '@meridian/hpc';
import {
  advancePurge,
  beginDeletions,
  finishPurge,
  judgeCopies,
  keepCopies,
  listCopiesBeingDeleted,
  listPurgeCandidates,
  lockPurge,
  scheduleDeletions,
  settleDeletions,
  type ClaimedPurge,
  type DecidedCopy,
  type HeldPurge,
  type JudgedCopy,
} from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';

export interface LocationPurgeOptions {
  readonly dataSource: DataSource;
  readonly owner: string;
  readonly files: SiteFiles;
  /** Copies that are looked at, or removed, together. */
  readonly batchSize: number;
  /** Whether the lease is sure to hold; asked right before bytes go. */
  readonly isHeld: () => boolean;
}

/** The purge is somebody else's by now; whoever has it goes on where this one was. */
export class PurgeLost extends Error {}

/** What a batch came to: more to be looked at, the end, or a stop that somebody asked for. */
export type BatchOutcome = 'more' | 'finished' | 'paused' | 'waiting';

const REMOVALS_AT_ONCE = 8;

type RemovalOutcome =
  | { readonly kind: 'gone'; readonly copy: JudgedCopy }
  /** The bytes are there, and stay. */
  | { readonly kind: 'refused'; readonly decision: DecidedCopy }
  /** The copy stays half deleted until somebody knows. */
  | { readonly kind: 'unknown'; readonly error: unknown };

/**
 * One purge of a location, by its holder, in steps that can be stopped anywhere.
 *
 * A copy goes PRESENT → DELETION_SCHEDULED (decided; no run is given it any more) → DELETION_IN_PROGRESS (looked at again: nobody was given it
 * meanwhile) → DELETED (its bytes are gone), and each of these with its row in the ledger. The second look is a transaction of its own, so that it
 * sees every run that could have been given the copy before it was scheduled. Whoever takes over begins with what is half done.
 */
export class LocationPurge {
  constructor(
    private readonly purge: ClaimedPurge,
    private readonly options: LocationPurgeOptions,
  ) {}

  /** Decides about the next copies, and removes those that are to go. @throws PurgeLost, SiteAway and what a disk says that does not work */
  async next(): Promise<BatchOutcome> {
    await this.carryOut();
    const outcome = await this.decide();
    await this.carryOut();
    return outcome;
  }

  private decide(): Promise<BatchOutcome> {
    const { id: purgeId, location } = this.purge;
    return this.holding(async (manager, held) => {
      if (held.isPaused) return 'paused';
      const ids = await listPurgeCandidates(manager, {
        ...{ locationId: location.id, after: held.afterCopyId, limit: this.options.batchSize },
      });
      if (held.usedBytes <= held.downToBytes || ids.length === 0) return this.finish(manager, held);
      const judged = await judgeCopies(manager, { copyIds: ids, isLocking: true });
      const { downToBytes: level, usedBytes } = held;
      const decisions = choosePurge(
        judged.map(({ candidate }) => candidate),
        { usedBytes, highBytes: level, lowBytes: level },
      );
      const withReason = (action: 'delete' | 'keep'): DecidedCopy[] =>
        judged.flatMap((copy, index) => {
          const decision = decisions[index];
          return decision?.action === action ? [decidedCopy(copy, decision.reason)] : [];
        });
      await scheduleDeletions(manager, { purgeId, copies: withReason('delete') });
      await keepCopies(manager, { purgeId, copies: withReason('keep') });
      await advancePurge(manager, { id: purgeId, afterCopyId: ids.at(-1) ?? held.afterCopyId });
      return 'more';
    });
  }

  /** It ends when nothing of it is half done: a copy that somebody else had locked is waited for. */
  private async finish(manager: EntityManager, held: HeldPurge): Promise<BatchOutcome> {
    const pending = await listCopiesBeingDeleted(manager, { locationId: this.purge.location.id, limit: 1 });
    if (pending.length > 0) return 'waiting';
    const missing = held.usedBytes - held.downToBytes;
    const problem =
      missing > 0
        ? `nothing more may go: ${missing} bytes are left above the level; the ledger says why each file stays`
        : null;
    await finishPurge(manager, { id: this.purge.id, problem });
    return 'finished';
  }

  /** Removes the bytes of everything at this location that is to go, whoever decided it. */
  private async carryOut(): Promise<void> {
    for (;;) {
      const ids = await listCopiesBeingDeleted(this.options.dataSource.manager, {
        ...{ locationId: this.purge.location.id, limit: this.options.batchSize },
      });
      if (ids.length === 0) return;
      const { seen, going } = await this.begin(ids);
      // Somebody else has locked all of them.
      if (seen === 0) return;
      if (going.length > 0) await this.remove(going);
    }
  }

  private begin(ids: readonly number[]): Promise<{ seen: number; going: JudgedCopy[] }> {
    return this.holding(async (manager) => {
      const judged = await judgeCopies(manager, { copyIds: ids, isLocking: true });
      const isWanted = ({ facts, candidate }: JudgedCopy): boolean =>
        facts.status === 'DELETION_SCHEDULED' && reasonToKeep(candidate) !== null;
      const kept = judged.filter(isWanted);
      const going = judged.filter((copy) => !isWanted(copy));
      await keepCopies(manager, {
        purgeId: this.purge.id,
        copies: kept.map((copy) => decidedCopy(copy, reasonToKeep(copy.candidate) ?? '')),
      });
      await beginDeletions(
        manager,
        going.map(({ facts }) => facts.copyId),
      );
      return { seen: judged.length, going };
    });
  }

  /** Books are kept of what is gone even when the site goes away in the middle of it. */
  private async remove(going: readonly JudgedCopy[]): Promise<void> {
    const { dataSource, files } = this.options;
    // A base that is not there would look as if each of its files could not be removed.
    await files.realPath(this.purge.location.basePath);
    const removals = await mapConcurrently(going, REMOVALS_AT_ONCE, (copy) => this.removalOf(copy));
    const gone = removals.flatMap((removal) => (removal.kind === 'gone' ? [removal.copy.facts] : []));
    await this.removeEmptied(gone.map(({ path: file }) => path.posix.dirname(file)));
    await settleDeletions(
      dataSource.manager,
      gone.map(({ copyId }) => copyId),
    );
    const refused = removals.flatMap((removal) => (removal.kind === 'refused' ? [removal.decision] : []));
    if (refused.length > 0)
      await this.holding((manager) => keepCopies(manager, { purgeId: this.purge.id, copies: refused }));
    for (const removal of removals) if (removal.kind === 'unknown') throw removal.error;
  }

  /** Before the books are closed, so that whoever takes over does it again. A directory that cannot be removed is in nobody's way. */
  private async removeEmptied(directories: readonly string[]): Promise<void> {
    const { basePath } = this.purge.location;
    await mapConcurrently([...new Set(directories)], REMOVALS_AT_ONCE, async (directory) => {
      if (directory !== '.')
        await this.options.files.removeEmptyDirectories(basePath, directory).catch(() => undefined);
    });
  }

  private async removalOf(copy: JudgedCopy): Promise<RemovalOutcome> {
    if (!this.options.isHeld()) return { kind: 'unknown', error: new PurgeLost() };
    try {
      await this.options.files.removeFile(this.purge.location.basePath, copy.facts.path);
      return { kind: 'gone', copy };
    } catch (error) {
      if (error instanceof SiteAway) return { kind: 'unknown', error };
      const detail = safeText(messageOf(error));
      const reason = error instanceof OutsideBase ? 'outside_base' : 'undeletable';
      return { kind: 'refused', decision: { ...decidedCopy(copy, reason), detail } };
    }
  }

  /** A transaction in which this purge is certainly ours. */
  private holding<Value>(work: (manager: EntityManager, held: HeldPurge) => Promise<Value>): Promise<Value> {
    const { dataSource, owner } = this.options;
    return dataSource.transaction(async (manager) => {
      const held = await lockPurge(manager, { id: this.purge.id, owner });
      if (held === undefined) throw new PurgeLost();
      return work(manager, held);
    });
  }
}

const decidedCopy = ({ facts }: JudgedCopy, reason: string): DecidedCopy => {
  const { copyId, itemId, runId, path: where, bytes } = facts;
  return { copyId, itemId, runId, path: where, bytes, reason };
};
