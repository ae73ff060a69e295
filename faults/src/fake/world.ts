import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@meridian/daemon';
import type { BuiltStep } from '@meridian/ops-db/testing';
import { Random } from '@meridian/core/testing';
import { checkBooks, readBooks, type Violation } from '../books.js';
import { Ledger } from '../ledger.js';
import { countingProgram, Tally } from '../tally.js';
import { Chaos } from './chaos.js';
import { Clock } from './clock.js';
import { Cluster } from './cluster.js';
import { ClusterBackend } from './cluster.backend.js';
import { Company } from './company.js';
import type { DatabaseServer } from './database-server.js';
import { ModelRunner, OUTPUTS } from './model-runner.js';
import { ScriptRunner } from './script-runner.js';
import { SmallDisk } from './small-disk.js';
import { WorldDatabase } from './world-database.js';
import { addRuns, openRuns, worldStep } from './world-runs.js';

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
  readonly runs: number;
}

/** The same in every repetition. */
const BEGINNING = new Date('2030-01-01T00:00:00Z');

const SECOND = 1_000;
const RUNS_AT_A_TIME = 4;
/** New runs come while fewer than this are open. */
const OPEN_RUNS = 16;
/** A world that does not come to an end within this many turns is stuck. */
const TURNS_TO_QUIET = 20_000;
const LOOK_EVERY_TURNS = 20;

/** One database, one cluster, two replicas of each daemon, and what goes wrong between them. */
export class World {
  private readonly random: Random;
  private readonly clock = new Clock(BEGINNING);
  private readonly ledger = new Ledger(this.clock.now);
  private isCalm = false;
  private added = 0;
  private turns = 0;
  private turnsInAll = 0;

  private constructor(
    private readonly options: WorldOptions,
    private readonly parts: {
      readonly database: WorldDatabase;
      readonly disk: SmallDisk;
      readonly tally: Tally;
      readonly orders: string;
    },
  ) {
    this.random = Random.of(options.seed, options.number);
  }

  /** Lets one world happen, from its beginning to the reading of its books. */
  static async run(options: WorldOptions): Promise<WorldResult> {
    const home = join(options.scratch, `world-${options.number}`);
    const orders = join(home, 'orders');
    await mkdir(orders, { recursive: true });
    const tally = new Tally(join(home, 'tally'));
    await tally.create();
    const disk = await SmallDisk.mount(join(home, 'base'));
    const database = await WorldDatabase.open(options.server, `world_${options.number}`);
    try {
      return await new World(options, { database, disk, tally, orders }).live();
    } finally {
      await database.close();
      await disk.unmount();
    }
  }

  private async live(): Promise<WorldResult> {
    const { database, disk, tally } = this.parts;
    const { clock, random, ledger } = this;
    const hasAccounting = random.chance(0.8);
    const minJobAgeMs = random.pick([2, 30, 300]) * SECOND;
    // Much trouble opens circuit breakers, which let little through: some worlds have less of it and more jobs.
    const jobTrouble = random.pick([0.15, 0.3, 0.5]);
    const runner = this.runner();
    const cluster = new Cluster({ clock, random, ledger, runner, hasAccounting, jobTrouble, minJobAgeMs });
    ledger.note(`accounting: ${hasAccounting}; the queue forgets after ${minJobAgeMs / SECOND} s`);
    const chaos = new Chaos({ clock, random, ledger, cluster, disk, database });
    const backendOf = (): ClusterBackend => new ClusterBackend(cluster, hasAccounting);
    const { logger } = this.options;
    const company = new Company({ clock, random, ledger, database, backendOf, logger });
    await database.show(clock);
    const step = await this.aStep();
    try {
      await this.rage(step, company, cluster, chaos);
      await this.quieten(company, cluster, chaos);
    } finally {
      await company.dismiss();
    }
    const violations = await checkBooks(await readBooks(database.manager), {
      executions: await tally.read(),
      excuses: ledger.excuses,
      submissions: cluster.submissions,
      maybeSubmittedTwice: ledger.maybeSubmittedTwice,
      expectedPaths: OUTPUTS,
    });
    ledger.note(`${this.added} runs, ${this.turnsInAll} turns`);
    return { number: this.options.number, ledger, violations, runs: this.added };
  }

  private runner(): ModelRunner | ScriptRunner {
    const { tally, orders } = this.parts;
    return this.options.runsRealScripts ? new ScriptRunner(orders) : new ModelRunner(tally);
  }

  private async aStep(): Promise<BuiltStep> {
    const { disk, database, tally, orders } = this.parts;
    const program = join(orders, '..', 'program');
    const step = await worldStep(database.manager, disk.path, program);
    await writeFile(join(program, 'reduce.sh'), countingProgram(tally, orders));
    return step;
  }

  private async rage(step: BuiltStep, company: Company, cluster: Cluster, chaos: Chaos): Promise<void> {
    const { database, disk } = this.parts;
    while (this.ledger.total < this.options.faults) {
      await this.turn(company, cluster, chaos);
      if (this.turns % LOOK_EVERY_TURNS !== 1 || chaos.isDiskFull) continue;
      this.options.onProgress(this.ledger.total);
      if ((await openRuns(database.manager)) >= OPEN_RUNS) continue;
      await addRuns(database.manager, step, {
        base: disk.path,
        first: this.added + 1,
        count: RUNS_AT_A_TIME,
      });
      this.added += RUNS_AT_A_TIME;
    }
  }

  private async quieten(company: Company, cluster: Cluster, chaos: Chaos): Promise<void> {
    this.isCalm = true;
    this.ledger.note('from here on nothing goes wrong any more');
    await chaos.calm(company.actors);
    this.turnsInAll = this.turns;
    this.turns = 0;
    while (this.turns < TURNS_TO_QUIET) {
      await this.turn(company, cluster, chaos);
      if (this.turns % LOOK_EVERY_TURNS !== 0) continue;
      if (cluster.isQuiet && (await openRuns(this.parts.database.manager)) === 0) break;
    }
    this.turnsInAll += this.turns;
    await company.settled();
  }

  /** Somebody does one thing; or nobody can, and time goes by. */
  private async turn(company: Company, cluster: Cluster, chaos: Chaos): Promise<void> {
    this.turns += 1;
    await company.settled();
    await company.replace(() => (this.isCalm ? 0 : this.random.between(0, 40)));
    if (!this.isCalm) await chaos.stir(company.actors);
    const ready = company.ready();
    if (ready.length === 0) return this.wait(company, cluster);
    const post = this.random.pick(ready);
    const { process } = post;
    if (process === null) return;
    await this.parts.database.show(this.clock);
    if (process.actor.isIdle) {
      post.dueAt = this.clock.milliseconds + this.pollSeconds() * SECOND;
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

  private pollSeconds = (): number =>
    this.isCalm ? this.random.between(20, 120) : this.random.between(1, 6);

  private async wait(company: Company, cluster: Cluster): Promise<void> {
    const due = company.nextDue() ?? 0;
    this.clock.advance(Math.max(due - this.clock.milliseconds, 500));
    await cluster.advance();
  }
}
