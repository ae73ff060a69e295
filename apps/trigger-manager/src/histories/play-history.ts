import { sql, type Json } from '@meridian/core';
import { Random } from '@meridian/core/testing';
import { queryRows } from '@meridian/ops-db';
import { QueryFailedError } from 'typeorm';
import { CHANGES } from './change-definitions.js';
import { newestRun } from './change-runs.js';
import { differences, firedTooSoon, wronglyFired } from './compare.js';
import { Evaluator } from './evaluator.js';
import { EVALUATORS, type Action, type History } from './history.js';
import { BEGINNING, type Lane } from './lane.js';
import { expectedSteps, type ExpectedStep } from './oracle.js';
import { readSubGroups, readTables, type StoredSubGroup, type Tables } from './read-tables.js';
import { shardProblems } from './shard-problems.js';
import { buildWorld, type World } from './world.js';
import { Writers } from './writers.js';

/** What came of a history. */
export interface Played {
  /** What happened, a line each. */
  readonly lines: readonly string[];
  /** Where what is stored is not what it should be; the history ends at the first such place. */
  readonly differences: readonly string[];
  readonly checks: number;
  /** By state, how often it was compared. */
  readonly states: Readonly<Record<string, number>>;
  /** By kind of grouping and what the formation says, how often a sub-group with members was compared. */
  readonly forms: Readonly<Record<string, number>>;
}

/** Conflicts with another writer that a history may run into: its transaction is rolled back, as a client's would be. */
const CONFLICTS = ['55P03', '40P01', '40001', '23505', '23503'];

/** An evaluator may meet the lock of a writer that the history holds open; the next one finishes the work. */
const OBSTRUCTION = /lock timeout|deadlock detected/;

export async function playHistory(lane: Lane, history: History): Promise<Played> {
  await lane.empty();
  const world = await buildWorld(lane.db, history);
  const play = new Play(lane, world);
  try {
    for (const action of history.actions) {
      await play.take(action);
      if (play.differences.length > 0) break;
    }
    if (play.differences.length === 0) await play.finish();
  } finally {
    await play.writers.endAll('roll back');
  }
  const { lines, checks } = play;
  return {
    lines,
    checks,
    differences: play.differences,
    states: Object.fromEntries(play.states),
    forms: Object.fromEntries(play.forms),
  };
}

class Play {
  readonly writers: Writers;
  readonly lines: string[] = [];
  readonly states = new Map<string, number>();
  readonly forms = new Map<string, number>();
  differences: string[] = [];
  checks = 0;
  private clock = BEGINNING;
  private readonly evaluators: readonly Evaluator[];
  private firedBefore: Tables | null = null;
  private linesChecked = 0;

  constructor(
    private readonly lane: Lane,
    private readonly world: World,
  ) {
    this.writers = new Writers(lane.dataSource);
    const one = (_: unknown, n: number): Evaluator =>
      new Evaluator(lane.dataSource, `replica-${n}`, () => this.clock);
    this.evaluators = Array.from({ length: EVALUATORS }, one);
  }

  async take(action: Action): Promise<void> {
    switch (action.kind) {
      case 'change':
        return this.change(action);
      case 'end':
        if (await this.writers.end(action.writer, action.ending))
          this.lines.push(`writer ${action.writer}: ${action.ending}`);
        return;
      case 'evaluate':
        this.lines.push(`evaluators ${action.evaluators.join(' and ')} at once`);
        await Promise.all(action.evaluators.map(async (index) => this.evaluators[index]?.tick()));
        this.takeErrors();
        return;
      case 'check':
        return this.check(action.evaluators);
      case 'restart':
        this.evaluators[action.evaluator]?.restart();
        return;
      case 'wait':
        this.clock = new Date(this.clock.getTime() + action.seconds * 1000);
        this.lines.push(`it is ${this.clock.toISOString()}`);
        await this.lane.showTime(this.clock);
        return;
    }
  }

  /** With everything closed: once more as it went on, and once from nothing. */
  async finish(): Promise<void> {
    await this.writers.endAll('commit');
    this.lines.push('every writer: commit');
    await this.check([0, 1]);
    if (this.differences.length > 0) return;
    const incremental = await readSubGroups(this.lane.db);
    this.lines.push('everything from scratch');
    await this.forget();
    await this.check([0, 1]);
    if (this.differences.length === 0)
      this.differences = changedMembers(incremental, await readSubGroups(this.lane.db));
  }

  private async forget(): Promise<void> {
    this.evaluators[0]?.restart();
    await queryRows(this.lane.db, sql`DELETE FROM step_evaluation`);
  }

  private async change({ change, writer, seed, ending }: Extract<Action, { kind: 'change' }>): Promise<void> {
    try {
      const manager = await this.writers.manager(writer);
      const done = await CHANGES[change](manager, new Random(seed), this.world);
      if (done !== null) this.lines.push(`writer ${writer}: ${change} ${done}; ${ending}`);
      await this.writers.end(writer, ending);
    } catch (error) {
      await this.writers.end(writer, 'roll back');
      if (!isConflict(error)) throw error;
      this.lines.push(`writer ${writer}: ${change} met another's lock or row; roll back`);
    }
  }

  private async check(order: readonly number[]): Promise<void> {
    const newestBefore = await newestRun(this.lane.db);
    for (const index of order) await this.evaluators[index]?.tick();
    this.lines.push(`check by ${order.join(', then ')}`);
    if (this.takeErrors()) return;
    const tables = await readTables(this.lane.db);
    const steps = expectedSteps(tables, this.clock);
    const expected = steps.flatMap(({ subGroups }) => subGroups);
    this.checks += 1;
    this.count(steps);
    this.differences = [
      ...differences(tables, expected),
      ...shardProblems(tables, steps),
      ...wronglyFired(tables, expected, newestBefore),
      ...(this.isCooldownEdited() ? [] : firedTooSoon(this.firedBefore, tables)),
    ];
    this.firedBefore = tables;
    this.linesChecked = this.lines.length;
  }

  private count(steps: readonly ExpectedStep[]): void {
    const addTo = (counts: Map<string, number>, name: string): Map<string, number> =>
      counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const { rule, subGroups } of steps) {
      for (const { verdict, members, report } of subGroups) {
        addTo(this.states, verdict.state);
        if (members.length > 0) addTo(this.forms, formName(rule.kind, report['form']));
      }
    }
  }

  /** Since the last check: edited forth and back, it looks as if it never had been. */
  private isCooldownEdited(): boolean {
    return this.lines.slice(this.linesChecked).some((line) => line.includes('cooldown_seconds'));
  }

  /** True when a tick did not come to its end; a reason that is no lock is a difference. */
  private takeErrors(): boolean {
    const errors = this.evaluators.flatMap((evaluator) => evaluator.errors.splice(0));
    for (const error of errors) this.lines.push(`an evaluation failed: ${error}`);
    this.differences.push(...errors.filter((error) => !OBSTRUCTION.test(error)));
    return errors.length > 0;
  }
}

const formName = (kind: string, form: Json = null): string =>
  typeof form === 'string' ? `${kind} ${form}` : kind;

const isConflict = (error: unknown): boolean =>
  error instanceof QueryFailedError &&
  CONFLICTS.includes((error.driverError as { code?: string }).code ?? '');

/** What belongs to each sub-group may not depend on the way that led there. */
function changedMembers(before: readonly StoredSubGroup[], after: readonly StoredSubGroup[]): string[] {
  const members = ({ id, dims, memberCount, memberBytes, inputFingerprint }: StoredSubGroup): string =>
    JSON.stringify({ id, dims, memberCount, memberBytes, inputFingerprint });
  const known = new Set(before.map(members));
  return after
    .map(members)
    .filter((text) => !known.has(text))
    .map((text) => `from scratch it is ${text}`);
}
