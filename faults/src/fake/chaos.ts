import { sql } from '@meridian/core';
import type { Random } from '@meridian/core/testing';
import { queryRow, requestCancellation } from '@meridian/ops-db';
import type { FaultKind, Ledger } from '../ledger.js';
import type { Actor, ParkedStep, Permission } from './actor.js';
import type { Clock } from './clock.js';
import { SUBMISSION_TIMEOUT_SECONDS, type Cluster } from './cluster.js';
import { EVENTS, IN_THE_WORLD, oddsOf, type Focus } from './odds.js';
import type { SmallDisk } from './small-disk.js';
import { SpoiledProduct } from './spoiled-product.js';
import type { WorldDatabase } from './world-database.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

export interface Surroundings {
  readonly focus: Focus;
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly cluster: Cluster;
  readonly disk: SmallDisk;
  readonly publicDisk: SmallDisk;
  readonly database: WorldDatabase;
}

/** Decides what goes wrong, where and when. */
export class Chaos {
  private silentUntil = 0;
  private accountingBackAt = 0;
  private diskFreeAt = 0;
  private publicDiskFreeAt = 0;
  private spoiled: { readonly product: SpoiledProduct; readonly until: number } | null = null;

  constructor(private readonly world: Surroundings) {}

  get isDiskFull(): boolean {
    return this.diskFreeAt > 0;
  }

  /** Lets a parked step go, maybe with a fault; false when its daemon was suspended instead. */
  async permit(actor: Actor, parked: ParkedStep): Promise<boolean> {
    const { random, ledger } = this.world;
    const { step } = parked;
    const [chance, kinds] = oddsOf(step, actor, this.world.focus);
    if (!random.chance(chance)) {
      parked.permit('go');
      return true;
    }
    const kind = random.weighted<FaultKind>(kinds);
    const onFired = ledger.inject(kind, `${actor.name}: ${step.name}`);
    if (kind === 'daemon_suspended') {
      this.suspend(actor, parked);
      onFired();
      return false;
    }
    parked.permit(await this.prepare(kind, actor, parked, onFired), onFired);
    return true;
  }

  private async prepare(
    kind: FaultKind,
    actor: Actor,
    { step }: ParkedStep,
    onFired: () => void,
  ): Promise<Permission> {
    const { random, clock, cluster, database } = this.world;
    switch (kind) {
      case 'kill_before_statement':
      case 'kill_before_request':
      case 'kill_before_change':
        return 'kill_before';
      case 'kill_after_statement':
      case 'kill_after_request':
      case 'kill_after_change':
        return 'kill_after';
      case 'kill_halfway':
        return 'kill_halfway';
      case 'change_failed':
        return 'fail_change';
      case 'connection_cut':
        if ((await database.cut(actor.name)) > 0) onFired();
        return 'go';
      case 'database_crashed':
        await database.restart('crash');
        onFired();
        return 'go';
      case 'commit_unanswered':
        return 'cut_reply';
      case 'reply_lost':
        return 'lose_reply';
      case 'slow_reply':
        actor.hold(random.between(10, 120) * SECOND);
        return 'hold_reply';
      case 'late_submission': {
        const delay = random.between(0, SUBMISSION_TIMEOUT_SECONDS) * SECOND;
        cluster.submitLater(step.jobs ?? [], clock.milliseconds + delay);
        return 'lose_request';
      }
      default:
        return 'lose_request';
    }
  }

  /** What it was about to submit may be submitted by somebody else meanwhile: then the fence has to hold. */
  private suspend(actor: Actor, { step }: ParkedStep): void {
    const { random, ledger } = this.world;
    actor.hold(random.between(35, 300) * SECOND);
    for (const { token } of step.jobs ?? []) ledger.maybeSubmittedTwice.add(token);
  }

  /** Now and then something happens that is nobody's step; and what went wrong for a while ends. */
  async stir(actors: readonly Actor[]): Promise<void> {
    await this.endWhatIsDue();
    const { random } = this.world;
    if (random.chance(EVENTS)) await this.happen(random.weighted<FaultKind>(IN_THE_WORLD), actors);
  }

  private async happen(kind: FaultKind, actors: readonly Actor[]): Promise<void> {
    const { clock, random, ledger, cluster, disk, publicDisk, database } = this.world;
    const now = clock.milliseconds;
    const seconds = random.between(5, random.chance(0.2) ? 400 : 40);
    const detail = `${Math.round(seconds)} s`;
    switch (kind) {
      case 'site_silent':
        if (cluster.isSilent) return;
        cluster.isSilent = true;
        this.silentUntil = now + seconds * SECOND;
        return ledger.count(kind, detail);
      case 'accounting_down':
        if (cluster.isAccountingDown) return;
        cluster.isAccountingDown = true;
        this.accountingBackAt = now + 10 * seconds * SECOND;
        return ledger.count(kind, `${Math.round(seconds * 10)} s`);
      case 'disk_full':
        if (this.isDiskFull || !disk.canFill) return;
        await disk.fill();
        this.diskFreeAt = now + seconds * SECOND;
        return ledger.count(kind, detail);
      case 'public_disk_full':
        if (this.publicDiskFreeAt > 0 || !publicDisk.canFill) return;
        await publicDisk.fill();
        this.publicDiskFreeAt = now + 5 * seconds * SECOND;
        return ledger.count(kind, detail);
      case 'source_changed':
        return this.spoilSource(now + 5 * seconds * SECOND);
      case 'clock_jumped': {
        if (actors.length === 0) return;
        const actor = random.pick(actors);
        actor.clockSkewMs = random.between(-6, 6) * HOUR;
        return ledger.count(kind, `${actor.name}: ${(actor.clockSkewMs / HOUR).toFixed(1)} h`);
      }
      case 'database_restarted':
        await database.restart('restart');
        return ledger.count(kind, '');
      case 'database_crashed':
        await database.restart('crash');
        return ledger.count(kind, '');
      default:
        return this.cancelSomething();
    }
  }

  /** A run whose row is locked at the moment is left alone: nobody could let go of it while this waits. */
  private async cancelSomething(): Promise<void> {
    const { random, ledger, database } = this.world;
    const place = random.next();
    await database.manager.transaction(async (transaction) => {
      const found = await queryRow<{ runId: number; status: string }>(
        transaction,
        sql`SELECT id AS "runId", status FROM (
              SELECT id, status, percent_rank() OVER (ORDER BY id) AS place FROM run
              WHERE finished_at IS NULL AND cancel_requested_at IS NULL) AS open
            WHERE place >= ${place}::double precision ORDER BY place LIMIT 1`,
      );
      if (found === undefined) return;
      const free = await queryRow(
        transaction,
        sql`SELECT id FROM run WHERE id = ${found.runId} FOR UPDATE SKIP LOCKED`,
      );
      if (free === undefined) return;
      await requestCancellation(transaction, {
        runId: found.runId,
        actor: 'person',
        reason: 'changed my mind',
      });
      ledger.count('user_cancelled', `run ${found.runId}, ${found.status}`);
    });
  }

  private async spoilSource(until: number): Promise<void> {
    const { database, random, ledger } = this.world;
    if (this.spoiled !== null) return;
    const product = await SpoiledProduct.spoil(database.manager, random);
    if (product === null) return;
    this.spoiled = { product, until };
    ledger.count('source_changed', product.file);
  }

  private async endWhatIsDue(): Promise<void> {
    const { clock, cluster, disk, publicDisk } = this.world;
    const now = clock.milliseconds;
    if (now >= this.silentUntil) cluster.isSilent = false;
    if (now >= this.accountingBackAt) cluster.isAccountingDown = false;
    if (this.spoiled !== null && now >= this.spoiled.until) {
      await this.spoiled.product.mend();
      this.spoiled = null;
    }
    if (this.publicDiskFreeAt > 0 && now >= this.publicDiskFreeAt) {
      this.publicDiskFreeAt = 0;
      await publicDisk.free();
    }
    if (!this.isDiskFull || now < this.diskFreeAt) return;
    this.diskFreeAt = 0;
    await disk.free();
  }

  /** Nothing goes wrong any more. */
  async calm(actors: readonly Actor[]): Promise<void> {
    const { cluster } = this.world;
    cluster.isCalm = true;
    this.silentUntil = 0;
    this.accountingBackAt = 0;
    this.diskFreeAt = Math.min(this.diskFreeAt, 1);
    this.publicDiskFreeAt = Math.min(this.publicDiskFreeAt, 1);
    if (this.spoiled !== null) this.spoiled = { ...this.spoiled, until: 0 };
    for (const actor of actors) actor.clockSkewMs = 0;
    await this.endWhatIsDue();
  }
}
