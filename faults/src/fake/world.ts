import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql, type SqlFragment } from '@meridian/core';
import type { Logger } from '@meridian/daemon';
import { Random } from '@meridian/core/testing';
import { queryRow } from '@meridian/ops-db';
import type { Violation } from '../books.js';
import { Ledger } from '../ledger.js';
import { countingProgram, Tally } from '../tally.js';
import { Archive } from './archive.js';
import { audit } from './audit.js';
import { Chaos } from './chaos.js';
import { Clock } from './clock.js';
import { Cluster } from './cluster.js';
import { ClusterBackend } from './cluster.backend.js';
import { Company } from './company.js';
import type { DaemonName } from './daemons.js';
import type { DatabaseServer } from './database-server.js';
import type { Focus } from './odds.js';
import { ModelRunner } from './model-runner.js';
import { People } from './people.js';
import { ScriptRunner } from './script-runner.js';
import { SmallDisk } from './small-disk.js';
import { WorldDatabase } from './world-database.js';

export interface WorldOptions {
  readonly server: DatabaseServer;
  readonly seed: number;
  readonly number: number;
  /** The world goes on until it has had this many. */
  readonly faults: number;
  readonly runsRealScripts: boolean;
  readonly scratch: string;
  readonly logger: Logger;
  readonly onProgress: (faults: number) => void;
}

export interface WorldResult {
  readonly number: number;
  readonly ledger: Ledger;
  readonly violations: readonly Violation[];
  readonly seen: Readonly<Record<string, number>>;
}

/** The same in every repetition. */
const BEGINNING = new Date('2030-01-01T00:00:00Z');

const SECOND = 1_000;
/** New files come while fewer runs than this are open. */
const OPEN_RUNS = 16;
/** Every so many worlds, trouble begins at once and is everywhere; in the others it is about results. */
const EVERYWHERE_EVERY = 3;
/** So many runs have results before trouble about results begins. */
const RESULTS_TO_BEGIN_WITH = 6;
/** How often, in turns of the world, somebody judges, publishes, withdraws or changes something. */
const ACTS = 0.012;
/** A world that does not come to an end within this many turns is stuck. */
const TURNS_TO_QUIET = 20_000;
const LOOK_EVERY_TURNS = 20;

/** What there is in a world, and who. */
interface Parts {
  readonly company: Company;
  readonly cluster: Cluster;
  readonly chaos: Chaos;
  readonly archive: Archive;
  readonly people: People;
}

interface Ground {
  readonly database: WorldDatabase;
  readonly disk: SmallDisk;
  readonly publicDisk: SmallDisk;
  readonly tally: Tally;
  readonly orders: string;
}

/** One database, one cluster, one archive, two replicas of each daemon, some people, and what goes wrong between them. */
export class World {
  private readonly random: Random;
  private readonly clock = new Clock(BEGINNING);
  private readonly ledger = new Ledger(this.clock.now);
  private readonly focus: Focus;
  /** Nothing goes wrong as long as it is. */
  private isCalm = false;
  private turns = 0;
  private turnsInAll = 0;

  private constructor(
    private readonly options: WorldOptions,
    private readonly ground: Ground,
  ) {
    this.random = Random.of(options.seed, options.number);
    this.focus = options.number % EVERYWHERE_EVERY === 2 ? 'everywhere' : 'results';
  }

  /** Lets one world happen, from its beginning to the reading of its books. */
  static async run(options: WorldOptions): Promise<WorldResult> {
    const home = join(options.scratch, `world-${options.number}`);
    const orders = join(home, 'orders');
    await mkdir(orders, { recursive: true });
    const tally = new Tally(join(home, 'tally'));
    await tally.create();
    const disk = await SmallDisk.mount(join(home, 'base'));
    const publicDisk = await SmallDisk.mount(join(home, 'public'));
    const database = await WorldDatabase.open(options.server, `world_${options.number}`);
    try {
      return await new World(options, { database, disk, publicDisk, tally, orders }).live();
    } finally {
      await database.close();
      await disk.unmount();
      await publicDisk.unmount();
    }
  }

  private async live(): Promise<WorldResult> {
    const parts = await this.begin();
    try {
      if (this.focus === 'results') await this.warmUp(parts);
      await this.rage(parts);
      await this.quieten(parts);
    } finally {
      await parts.company.dismiss();
    }
    const { cluster, people } = parts;
    const { database, publicDisk, tally } = this.ground;
    const { violations, seen } = await audit({
      ...{ manager: database.manager, publicBase: publicDisk.path, tally, ledger: this.ledger },
      ...{ cluster, people },
    });
    this.ledger.note(`${this.turnsInAll} turns`);
    return { number: this.options.number, ledger: this.ledger, violations, seen };
  }

  private async begin(): Promise<Parts> {
    const { database, disk, publicDisk, tally, orders } = this.ground;
    const { clock, random, ledger, focus } = this;
    const hasAccounting = random.chance(0.8);
    const minJobAgeMs = random.pick([2, 30, 300]) * SECOND;
    // Much trouble opens circuit breakers, which let little through: some worlds have less of it and more jobs.
    const jobTrouble = random.pick([0.05, 0.15, 0.3, 0.5]);
    const runner = this.options.runsRealScripts ? new ScriptRunner(orders) : new ModelRunner(tally);
    const cluster = new Cluster({ clock, random, ledger, runner, hasAccounting, jobTrouble, minJobAgeMs });
    ledger.note(
      `trouble ${focus}; accounting: ${hasAccounting}; the queue forgets after ${minJobAgeMs / SECOND} s`,
    );
    const chaos = new Chaos({ focus, clock, random, ledger, cluster, disk, publicDisk, database });
    const backendOf = (): ClusterBackend => new ClusterBackend(cluster, hasAccounting);
    const { logger } = this.options;
    const company = new Company({ clock, random, ledger, database, backendOf, logger });
    await database.show(clock);
    const { dataSource } = database;
    const program = join(orders, '..', 'program');
    const places = { base: disk.path, publicBase: publicDisk.path, program };
    const archive = await Archive.open(dataSource, places);
    await writeFile(join(program, 'reduce.sh'), countingProgram(tally, orders));
    const people = new People({ dataSource, random, ledger, archive });
    return { company, cluster, chaos, archive, people };
  }

  private async warmUp(parts: Parts): Promise<void> {
    this.isCalm = true;
    parts.cluster.isCalm = true;
    while (this.turns < TURNS_TO_QUIET && (await this.count(RESULTS)) < RESULTS_TO_BEGIN_WITH) {
      if ((await this.count(OPEN_RUNS_NOW)) < OPEN_RUNS) await parts.archive.observe();
      for (let turn = 0; turn < LOOK_EVERY_TURNS; turn += 1) await this.turn(parts);
    }
    this.isCalm = false;
    parts.cluster.isCalm = false;
    this.ledger.note('trouble begins');
  }

  private async rage(parts: Parts): Promise<void> {
    const { archive, people, chaos } = parts;
    while (this.ledger.total < this.options.faults) {
      await this.turn(parts);
      if (this.random.chance(ACTS)) await people.act();
      if (this.turns % LOOK_EVERY_TURNS !== 1 || chaos.isDiskFull) continue;
      this.options.onProgress(this.ledger.total);
      if ((await this.count(OPEN_RUNS_NOW)) < OPEN_RUNS) await archive.observe();
    }
  }

  private async quieten(parts: Parts): Promise<void> {
    const { company, cluster, chaos, archive, people } = parts;
    this.isCalm = true;
    this.ledger.note('from here on nothing goes wrong any more');
    await chaos.calm(company.actors);
    this.turnsInAll = this.turns;
    this.turns = 0;
    while (this.turns < TURNS_TO_QUIET) {
      await this.turn(parts);
      if (this.turns % LOOK_EVERY_TURNS !== 0 || !cluster.isQuiet) continue;
      const asked = (await archive.askAgain()) + (await people.publishAgain());
      if (asked === 0 && (await this.count(UNDER_WAY)) === 0) break;
    }
    this.turnsInAll += this.turns;
    await company.settled();
  }

  private async count(query: SqlFragment): Promise<number> {
    const row = await queryRow<{ count: number }>(this.ground.database.manager, query);
    return row?.count ?? 0;
  }

  /** Somebody does one thing; or nobody can, and time goes by. */
  private async turn({ company, cluster, chaos }: Parts): Promise<void> {
    this.turns += 1;
    await company.settled();
    await company.replace(() => (this.isCalm ? 0 : this.random.between(0, 40)));
    if (!this.isCalm) await chaos.stir(company.actors);
    const ready = company.ready();
    if (ready.length === 0) return this.wait(company, cluster);
    const post = this.random.pick(ready);
    const { process } = post;
    if (process === null) return;
    await this.ground.database.show(this.clock);
    if (process.actor.isIdle) {
      post.dueAt = this.clock.milliseconds + this.pollSeconds(post.daemon) * SECOND;
      process.tick();
      return;
    }
    const [parked] = process.actor.parked;
    if (parked === undefined) return;
    if (this.isCalm) {
      process.actor.parked.shift();
      parked.permit('go');
    } else if (await chaos.permit(process.actor, parked)) process.actor.parked.shift();
    this.clock.advance(this.random.between(1, 60));
    if (this.turns % 8 === 0) await cluster.advance();
  }

  /** An evaluation is long and holds nobody up. */
  private pollSeconds(daemon: DaemonName): number {
    const [least, most] = this.isCalm ? [20, 120] : daemon === 'trigger-manager' ? [5, 20] : [1, 6];
    return this.random.between(least, most);
  }

  private async wait(company: Company, cluster: Cluster): Promise<void> {
    const due = company.nextDue() ?? 0;
    this.clock.advance(Math.max(due - this.clock.milliseconds, 500));
    await cluster.advance();
  }
}

const RESULTS = sql`SELECT count(*)::int AS count FROM qa_judgement`;

const OPEN_RUNS_NOW = sql`SELECT count(*)::int AS count FROM run WHERE finished_at IS NULL`;

/** Runs, sub-groups, publications, purges and bytes of which something is still to come. */
const UNDER_WAY = sql`
  SELECT (SELECT count(*) FROM run WHERE finished_at IS NULL)::int + (SELECT count(*) FROM sub_group WHERE state <> 'current')::int
    + (SELECT count(*) FROM publication WHERE state IN ('staged', 'eligible', 'publishing'))::int
    + (SELECT count(*) FROM publication JOIN physical_copy copy USING (data_location_id, path)
       WHERE state <> 'published' AND status <> 'DELETED')::int
    + (SELECT count(*) FROM purge WHERE finished_at IS NULL)::int
    + (SELECT count(*) FROM physical_copy WHERE status IN ('DELETION_SCHEDULED', 'DELETION_IN_PROGRESS'))::int AS count`;
