import { relative } from 'node:path';
import { messageOf } from '@meridian/core';
import { mapConcurrently, whileRenewing, type Logger, type Pass } from '@meridian/daemon';
import type { BackendLocation, SiteFiles } from '@meridian/hpc';
import {
  claimAudit,
  extendAudit,
  findAttemptDirectories,
  findCopyPaths,
  listCopiesToAudit,
  moveAudit,
  putOffAudit,
  recordCopyLooks,
  recordFileLooks,
  scheduleAudits,
  wakeWaitersForCopies,
  type ClaimedAudit,
  type CopyLook,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';
import { DiskAway, lookAtCopy, throwSilence } from '../auditing/look-at-copy.js';
import { walkFiles, type FoundFile } from '../auditing/walk-files.js';

export interface AuditLocationsOptions {
  readonly dataSource: DataSource;
  /** Names this process in leases. */
  readonly actor: string;
  readonly logger: Logger;
  /** Null when there is no way to a location's files. */
  readonly filesOf: (location: BackendLocation & { readonly id: number }) => SiteFiles | null;
  readonly leaseSeconds: number;
  /** Copies, or files, that are looked at between two notes of how far the audit is. */
  readonly batchSize: number;
  /** How long the other passes wait for an audit at a time. */
  readonly budgetMs: number;
  /** How long an audit waits whose disk does not answer. */
  readonly retrySeconds: number;
  /** Every location is audited after so many days, its checksums as well; 0 for never. */
  readonly everyDays: number;
  readonly now: () => Date;
}

const LOOKS_AT_ONCE = 8;
const NAMED_UNKNOWN_FILES = 100;
const KEPT_FINDINGS = 100_000;
const SCHEDULE_EVERY_MS = 60_000;

/** An audit that cannot go on, ever: somebody must do something first. */
class AuditProblem extends Error {}

/**
 * Carries audits of locations out: every copy that should be there is looked at, then every file that is there.
 *
 * A piece at a time: what was looked at is noted with how far the audit is, in one transaction, so an auditor that dies loses one batch of looks, and
 * whoever takes over after its lease goes on there.
 */
export class AuditLocationsPass implements Pass {
  readonly name = 'audit-locations';
  private scheduleAt = -Infinity;

  constructor(private readonly options: AuditLocationsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, actor, leaseSeconds, logger } = this.options;
    await this.schedule();
    const audit = await claimAudit(dataSource.manager, { owner: actor, leaseSeconds });
    if (audit === undefined) return 0;
    const mine = { auditId: audit.id, owner: actor };
    const renew = () => extendAudit(dataSource.manager, { ...mine, seconds: leaseSeconds });
    return whileRenewing({ everyMs: (leaseSeconds * 1000) / 3, renew, logger }, async () => {
      try {
        await this.goOn(audit, signal);
        await putOffAudit(dataSource.manager, { ...mine, seconds: 0, problem: null });
      } catch (error) {
        await this.stopFor(error, audit);
      }
      return 1;
    });
  }

  private async schedule(): Promise<void> {
    const { dataSource, everyDays, actor, now } = this.options;
    if (everyDays === 0 || now().getTime() < this.scheduleAt) return;
    this.scheduleAt = now().getTime() + SCHEDULE_EVERY_MS;
    await scheduleAudits(dataSource.manager, { everyDays, checksums: true, actor });
  }

  private async stopFor(error: unknown, { id, location }: ClaimedAudit): Promise<void> {
    const { dataSource, actor, retrySeconds, logger } = this.options;
    const mine = { auditId: id, owner: actor, problem: messageOf(error) };
    if (error instanceof DiskAway) await putOffAudit(dataSource.manager, { ...mine, seconds: retrySeconds });
    else if (error instanceof AuditProblem) await moveAudit(dataSource.manager, { ...mine, to: 'failed' });
    else throw error;
    logger.warn(
      { auditId: id, location: location.name, reason: mine.problem },
      `audit of ${location.name}: ${mine.problem}`,
    );
  }

  private async goOn(audit: ClaimedAudit, signal: AbortSignal): Promise<void> {
    const { dataSource, actor, budgetMs, now } = this.options;
    const files = this.options.filesOf(audit.location);
    if (files === null)
      throw new AuditProblem(`there is no way to the files of location ${audit.location.name}`);
    await checkBase(audit, files);
    const until = now().getTime() + budgetMs;
    const isOver = (): boolean => signal.aborted || now().getTime() >= until;
    const mine = { auditId: audit.id, owner: actor };
    let { state, cursor } = audit;
    if (state === 'copies') {
      if (!(await this.lookAtCopies(audit, files, isOver))) return;
      if (!(await moveAudit(dataSource.manager, { ...mine, to: 'files' }))) return;
      [state, cursor] = ['files', ''];
    }
    if (await this.lookAtFiles({ ...audit, state, cursor }, files, isOver))
      await moveAudit(dataSource.manager, { ...mine, to: 'done' });
  }

  /** True when all of them were looked at. */
  private async lookAtCopies(audit: ClaimedAudit, files: SiteFiles, isOver: () => boolean): Promise<boolean> {
    const { dataSource, actor, batchSize: limit } = this.options;
    const { id: auditId, location, since, checksums } = audit;
    for (let after = audit.cursor; ;) {
      const copies = await listCopiesToAudit(dataSource.manager, {
        locationId: location.id,
        after,
        since,
        limit,
      });
      const looks = await mapConcurrently(copies, LOOKS_AT_ONCE, (copy) =>
        lookAtCopy(copy, { files, basePath: location.basePath, checksums }),
      );
      // A file system that went away while we looked has lost nothing.
      if (looks.some(({ found }) => found === 'missing')) await checkBase(audit, files);
      if (looks.length > 0) {
        const record = { auditId, owner: actor, looks, limit: KEPT_FINDINGS };
        const noted = await recordCopyLooks(dataSource.manager, record);
        if (noted === null) return false;
        if (noted.lost > 0) this.cryOut(audit, looks, noted.lost);
        await wakeWaitersForCopies(dataSource.manager, recovered(looks));
      }
      if (copies.length < limit) return true;
      if (isOver()) return false;
      after = copies.at(-1)?.path ?? after;
    }
  }

  private cryOut({ id, location }: ClaimedAudit, looks: readonly CopyLook[], lost: number): void {
    const paths = looks.filter(({ found }) => found !== 'same' && found !== 'there').map(({ path }) => path);
    this.options.logger.error(
      { auditId: id, location: location.name, lost, paths: paths.slice(0, 10) },
      `audit of ${location.name}: of ${lost} data files that nothing can make again no good copy is left`,
    );
  }

  /** True when all of them were looked at. */
  private async lookAtFiles(audit: ClaimedAudit, files: SiteFiles, isOver: () => boolean): Promise<boolean> {
    const { manager } = this.options.dataSource;
    const { id: locationId, basePath } = audit.location;
    const walk = walkFiles({
      files,
      basePath,
      after: audit.cursor,
      leftOut: new Set(audit.otherBases.map((base) => relative(basePath, base))),
      attemptsAmong: (named) => findAttemptDirectories(manager, { locationId, named }),
    });
    let batch: FoundFile[] = [];
    try {
      for await (const file of walk) {
        batch.push(file);
        if (batch.length < this.options.batchSize) continue;
        if (!(await this.noteFiles(audit, batch))) return false;
        batch = [];
        if (isOver()) return false;
      }
    } catch (error) {
      throwSilence(error);
      throw (error as { code?: unknown }).code === 'EACCES' ? new AuditProblem(messageOf(error)) : error;
    }
    return this.noteFiles(audit, batch);
  }

  private async noteFiles(audit: ClaimedAudit, batch: readonly FoundFile[]): Promise<boolean> {
    const { dataSource, actor } = this.options;
    const { id: auditId, location } = audit;
    const plain = batch.filter(({ isLink }) => !isLink);
    const known = await findCopyPaths(dataSource.manager, {
      locationId: location.id,
      paths: plain.map(({ path }) => path),
    });
    const unknown = plain.filter(({ path }) => !known.has(path));
    const ofAttempts = unknown.filter(({ isOfAttempt }) => isOfAttempt);
    return recordFileLooks(dataSource.manager, {
      auditId,
      owner: actor,
      cursor: batch.at(-1)?.path ?? audit.cursor,
      unknown: unknown.filter(({ isOfAttempt }) => !isOfAttempt),
      ofAttempts: {
        files: ofAttempts.length,
        bytes: ofAttempts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      },
      links: batch.length - plain.length,
      limit: NAMED_UNKNOWN_FILES,
    });
  }
}

/** Copies that were bad and are well: what waits for them may go on. */
const recovered = (looks: readonly CopyLook[]): number[] =>
  looks
    .filter(({ found, status }) => found === 'same' && status !== 'PRESENT' && status !== 'STAGED')
    .map(({ copyId }) => copyId);

/** A file system that is not mounted looks like a base without anything in it: nothing is called missing then. */
async function checkBase({ location }: ClaimedAudit, files: SiteFiles): Promise<void> {
  const { name, basePath } = location;
  try {
    const entries = await files.list(basePath);
    if (entries === null || entries.length === 0)
      throw new AuditProblem(
        `the base ${basePath} of location ${name} ${entries === null ? 'is not there' : 'is empty'}: is its file system mounted? Then audit it again`,
      );
  } catch (error) {
    if (error instanceof AuditProblem) throw error;
    throwSilence(error);
    throw new AuditProblem(`the base ${basePath} of location ${name} cannot be read: ${messageOf(error)}`);
  }
}
