import {
  canonicalJson,
  evaluateSubGroup,
  fingerprintOf,
  globRegex,
  isJsonObject,
  matchesFilter,
  parseFilter,
  parseExpectation,
  parseGroupingRule,
  type Dims,
  type GroupingRule,
  type ItemRule,
  type JsonObject,
  type JsonScalar,
  type StaleCause,
  type SubGroupFacts,
  type SubGroupState,
  type SubGroupVerdict,
} from '@meridian/core';
import { groupMembers, type Group, type Member } from './group-members.js';
import type { StoredRun, StoredStep, StoredSubGroup, Tables } from './read-tables.js';

/** A step with what it may take now, and what is to become of that. */
export interface ExpectedStep {
  readonly step: StoredStep;
  readonly rule: GroupingRule;
  readonly taken: readonly Member[];
  readonly subGroups: readonly ExpectedSubGroup[];
}

/** A sub-group as the plain tables have it. */
export interface ExpectedSubGroup {
  readonly step: StoredStep;
  readonly dims: Dims;
  readonly commonDims: Dims;
  /** What the formation of its kind says of it. */
  readonly report: JsonObject;
  readonly members: readonly Member[];
  readonly inputFingerprint: string;
  readonly isPromised: boolean;
  /** The row that is there for it. */
  readonly stored: StoredSubGroup | null;
  readonly verdict: SubGroupVerdict;
  readonly lastRunId: number | null;
  readonly lastCompletedRunId: number | null;
}

/** What the steps of histories do not say. */
const UNUSED = {
  association: {},
  associationFingerprint: fingerprintOf([]),
} as const;

const COMPLETED = ['COMPLETED', 'COMPLETED_WITH_WARNINGS'];
const DEFAULT_TYPES: readonly unknown[] = ['SCIENCE', 'INTERMEDIATE'];

/** Every sub-group that there is to be, and its state: the definitions of libs/core applied to each, one after the other. */
export function expectedSteps(tables: Tables, now: Date): ExpectedStep[] {
  const judged: ExpectedStep[] = [];
  for (const step of tables.steps) {
    const upstream = judged.filter((other) => step.upstreamStepIds.includes(other.step.id));
    judged.push(
      new StepOracle(
        tables,
        step,
        upstream.flatMap(({ subGroups }) => subGroups),
        now,
      ).expected(),
    );
  }
  return judged;
}

class StepOracle {
  private readonly rule: GroupingRule;
  private readonly plainNames: readonly string[];
  private readonly hasPlainKey: boolean;
  private readonly upstream: readonly ExpectedSubGroup[];

  constructor(
    private readonly tables: Tables,
    private readonly step: StoredStep,
    upstream: readonly ExpectedSubGroup[],
    private readonly now: Date,
  ) {
    this.rule = parseGroupingRule(step.groupBy);
    const { kind, terms } = this.rule;
    this.plainNames = terms.flatMap((term) => (term.kind === 'dim' ? [term.name] : []));
    this.hasPlainKey = kind === 'by' && this.plainNames.length === terms.length;
    this.upstream = upstream.filter(({ members }) => members.length > 0);
  }

  expected(): ExpectedStep {
    const { step, rule } = this;
    const taken = [...this.rawMembers(), ...this.upstreamMembers()];
    const stored = this.tables.subGroups.filter(({ stepId }) => stepId === step.id);
    const formed = rule.kind === 'item' ? this.shards(rule, stored) : groupMembers(rule, taken, this.now);
    const byKey = new Map(formed.map((group) => [canonicalJson(group.dims), group]));
    const promised = new Set(this.promised().map((dims) => canonicalJson(dims)));
    for (const dims of [...this.promised(), ...stored.map((row) => row.dims)])
      if (!byKey.has(canonicalJson(dims))) byKey.set(canonicalJson(dims), { dims, members: [], report: {} });
    const subGroups = [...byKey].map(([key, group]) => {
      const row = stored.find((one) => canonicalJson(one.dims) === key) ?? null;
      return this.judge({ ...group, stored: row, isPromised: promised.has(key) });
    });
    return { step, rule, taken, subGroups };
  }

  /** Who shares a run is history, and taken as it is stored; `shardProblems` says whether it may be so. */
  private shards({ bundle }: ItemRule, stored: readonly StoredSubGroup[]): Group[] {
    return stored.map(({ dims, memberIds }) => ({
      dims,
      members: this.tables.items
        .filter(({ row }) => memberIds.includes(row.id))
        .map((item) => ({ item, originId: this.makerOf(item.row.id) })),
      report: { form: memberIds.length < bundle ? 'partial' : 'complete', bundle },
    }));
  }

  private rawMembers(): Member[] {
    if (this.step.upstreamStepIds.length > 0 && this.step.inputs['raw'] !== true) return [];
    const filter = parseFilter(this.step.filter);
    return this.tables.items
      .filter(
        ({ row, isRetired, isPacked }) =>
          row.kind !== 'DATA_PRODUCT' && !isRetired && !isPacked && matchesFilter(filter, row, this.now),
      )
      .map((item) => ({ item, originId: null }));
  }

  private upstreamMembers(): Member[] {
    const { types, pattern } = this.step.inputs;
    const wanted = Array.isArray(types) ? (types as readonly unknown[]) : DEFAULT_TYPES;
    const path = typeof pattern === 'string' ? new RegExp(globRegex(pattern)) : null;
    return this.upstream.flatMap((origin) =>
      this.tables.products
        .filter((product) => product.runId === origin.lastCompletedRunId && wanted.includes(product.type))
        .filter((product) => path === null || path.test(product.path))
        .flatMap((product) => this.tables.items.filter(({ row }) => row.id === product.itemId))
        .map((item) => ({ item, originId: origin.stored?.id ?? null })),
    );
  }

  /** What upstream sub-groups will feed although no product of theirs is there yet. */
  private promised(): Dims[] {
    if (!this.hasPlainKey) return [];
    return this.upstream
      .filter(({ commonDims }) => this.plainNames.every((name) => Object.hasOwn(commonDims, name)))
      .map(({ commonDims }) => pickDims(commonDims, this.plainNames));
  }

  private judge(
    found: Pick<ExpectedSubGroup, 'dims' | 'members' | 'report' | 'stored' | 'isPromised'>,
  ): ExpectedSubGroup {
    const { dims, members, report, stored } = found;
    const runs = this.tables.runs.filter((run) => run.subGroupId === stored?.id);
    const lastRun = runs.at(-1) ?? null;
    const lastCompleted = runs.filter((run) => COMPLETED.includes(run.status)).at(-1) ?? null;
    const inputFingerprint = fingerprintOf(
      members.map(({ item: { row } }) => ({ id: row.id, contentHash: row.content_hash })),
    );
    const isDifferent = lastCompleted !== null && lastCompleted.inputFingerprint !== inputFingerprint;
    const facts: SubGroupFacts = {
      ...UNUSED,
      report,
      memberCount: members.length,
      minMembers: this.step.minMembers,
      missingDims: Object.keys(dims)
        .filter((name) => dims[name] === null)
        .sort(),
      inputFingerprint,
      expectation: this.step.expect === null ? null : parseExpectation(this.step.expect),
      slots: slotsOf(this.step.expect, members),
      maxWaitSeconds: this.step.maxWaitSeconds,
      firstMemberAt: members.length === 0 ? null : Math.min(...members.map(({ item }) => item.registeredAt)),
      closedAt: this.closedAt({ ...commonDims(members), ...dims }),
      // As it is stored: a time at which nothing was added but something taken away is no error.
      lastMemberAt: stored?.lastMemberAt?.getTime() ?? null,
      lastFiredAt: stored?.lastFiredAt?.getTime() ?? null,
      settleSeconds: this.step.settleSeconds,
      cooldownSeconds: this.step.cooldownSeconds,
      softwareHash: this.step.softwareHash,
      configHash: this.step.configHash,
      inputCauses: isDifferent ? this.inputCauses(lastCompleted, members) : [],
      isForced: stored?.isForced ?? false,
      waiver: stored?.waiver ?? null,
      pause: this.step.pause,
      blockedBy: this.step.upstreamPolicy === 'all_current' ? this.blockedBy(dims) : [],
      lastRun,
      lastCompleted,
    };
    return {
      ...found,
      step: this.step,
      commonDims: { ...commonDims(members), ...dims },
      inputFingerprint,
      verdict: evaluateSubGroup(facts, this.now.getTime()),
      lastRunId: lastRun?.id ?? null,
      lastCompletedRunId: lastCompleted?.id ?? null,
    };
  }

  /** When somebody last closed what has these dims. */
  private closedAt(common: Dims): number | null {
    const times = this.step.closings
      .filter(({ selection }) =>
        Object.entries(selection).every(
          ([name, value]) => Object.hasOwn(common, name) && common[name] === value,
        ),
      )
      .map((closing) => closing.closedAt);
    return times.length === 0 ? null : Math.max(...times);
  }

  private blockedBy(dims: Dims): SubGroupFacts['blockedBy'] {
    const counts = new Map<string, { step: string; state: SubGroupState; count: number }>();
    for (const { step, commonDims, verdict } of this.upstream) {
      const names = this.plainNames.filter((name) => Object.hasOwn(commonDims, name));
      const isWhole = this.hasPlainKey && names.length === this.plainNames.length;
      const isFed =
        names.every((name) => Object.hasOwn(dims, name) && dims[name] === commonDims[name]) &&
        (!isWhole || Object.keys(dims).length === names.length);
      if (!isFed || verdict.state === 'current' || verdict.state === 'waived') continue;
      const key = `${step.name} ${verdict.state}`;
      counts.set(key, { step: step.name, state: verdict.state, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    return [...counts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
  }

  private inputCauses(past: StoredRun, members: readonly Member[]): StaleCause[] {
    const before = new Map(past.inputs.map(({ itemId, contentHash }) => [itemId, contentHash]));
    const after = new Map(members.map(({ item: { row } }) => [row.id, row.content_hash]));
    const added = members.filter(({ item }) => !before.has(item.row.id));
    const removed = [...before.keys()].filter((id) => !after.has(id));
    const cameFrom = added.map(({ originId }) => originId);
    const wentFrom = removed.map((id) => this.makerOf(id));
    const isRemade = (origin: number | null, other: readonly (number | null)[]): boolean =>
      origin !== null && other.includes(origin);
    const causes = new Set<StaleCause>([
      ...cameFrom.map((origin) => (isRemade(origin, wentFrom) ? 'upstream_remade' : 'input_added')),
      ...wentFrom.map((origin) => (isRemade(origin, cameFrom) ? 'upstream_remade' : 'input_removed')),
      ...[...before].flatMap(([id, hash]) =>
        after.has(id) && after.get(id) !== hash ? ['input_changed' as const] : [],
      ),
    ]);
    return [...causes].sort();
  }

  /** The sub-group whose run made an item. */
  private makerOf(itemId: number): number | null {
    const product = this.tables.products.find((one) => one.itemId === itemId);
    return this.tables.runs.find((run) => run.id === product?.runId)?.subGroupId ?? null;
  }
}

const pickDims = (dims: Dims, names: readonly string[]): Dims =>
  Object.fromEntries(names.map((name): [string, JsonScalar] => [name, dims[name] ?? null]));

/** The values of the dimension that is expected, of all members. */
function slotsOf(expect: JsonObject | null, members: readonly Member[]): JsonScalar[] {
  const slots = expect?.['slots'];
  const dim = isJsonObject(slots) ? slots['dim'] : null;
  if (typeof dim !== 'string') return [];
  const values = members.map(({ item }) => (Object.hasOwn(item.row.dims, dim) ? item.row.dims[dim] : null));
  return values.filter(
    (value): value is JsonScalar => value !== null && value !== undefined && typeof value !== 'object',
  );
}

/** What all members say alike. */
function commonDims(members: readonly Member[]): Dims {
  const [first, ...others] = members.map(({ item }) => item.row.dims);
  const agreed = Object.entries(first ?? {}).filter(([name, value]) =>
    others.every(
      (dims) => Object.hasOwn(dims, name) && canonicalJson(dims[name] ?? null) === canonicalJson(value),
    ),
  );
  return Object.fromEntries(agreed);
}
