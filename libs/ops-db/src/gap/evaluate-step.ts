import { associationTables, tablesOfDeriveRules, type JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { relationsOf } from '../queries/item-source.sql.js';
import type { StepWork } from '../queries/gap/find-gap-work.sql.js';
import { listChangedItems } from '../queries/gap/list-changed-items.sql.js';
import { listDifferingSubGroups } from '../queries/gap/list-differing-sub-groups.sql.js';
import { listInputCauses } from '../queries/gap/list-input-causes.sql.js';
import { listTouchedSubGroups } from '../queries/gap/list-touched-sub-groups.sql.js';
import type { EvaluableStep } from '../queries/gap/load-evaluable-steps.sql.js';
import { promiseSubGroups } from '../queries/gap/promise-sub-groups.sql.js';
import { publishResults, type Offer } from '../queries/gap/publish-results.sql.js';
import type { StepEvaluation } from '../queries/gap/record-step-evaluations.sql.js';
import { refreshStates } from '../queries/gap/refresh-states.sql.js';
import { reachOf } from '../queries/gap/step-members.js';
import { associationsTouchedBy, chooseAssociations } from './choose-associations.js';
import { fireStep, type Firing } from './fire-step.js';
import { overEverything } from './over-everything.js';
import { selectionOf, type EvaluableSelection } from './step-selection.js';
import { rebuild, runsOf, updateMembers } from './update-members.js';

export interface StepToEvaluate {
  readonly step: EvaluableStep;
  readonly todo: StepWork;
  /** Of the steps that it depends on. */
  readonly upstream: readonly StepOutcome[];
  readonly now: Date;
  readonly firing: Firing | null;
}

/** What the steps after this one, and the next evaluation, must know. */
export interface StepOutcome {
  readonly offers: readonly Offer[];
  /** Sub-groups whose state or dims may have changed; null: any. */
  readonly changed: readonly number[] | null;
  /** Common dims that some of them have no longer. */
  readonly wasDims: readonly JsonObject[];
  readonly evaluation: StepEvaluation;
  /** Runs created. */
  readonly fired: number;
}

interface Members {
  readonly snapshot: string;
  /** Sub-groups to be judged; null: every one. */
  readonly touched: readonly number[] | null;
  /** Those of them whose members changed. */
  readonly changed: readonly number[];
  /** Common dims that some of them have no longer; null where that is not known. */
  readonly wasDims: readonly JsonObject[] | null;
}

/** Members of one step's sub-groups, what they offer to later steps, their states, and the runs that are due. */
export async function evaluateStep(manager: EntityManager, asked: StepToEvaluate): Promise<StepOutcome> {
  const { step, todo, now, firing } = asked;
  const selection = selectionOf(step, now);
  const isRebuilt = isRebuildDue(asked, selection);
  const members = isRebuilt
    ? { snapshot: await rebuild(manager, asked, selection), touched: null, changed: [], wasDims: null }
    : await update(manager, asked, selection);
  const touched = await bind(manager, asked, selection, members.touched);
  const offers = await publishResults(manager, { stepId: step.id, ids: touched });
  const states = await judge(manager, asked, selection, todo.isJudgementDue ? null : touched);
  const mayFire = todo.firesAtOnce || todo.hasOpenRequest;
  const fired = firing === null || !mayFire ? [] : await fireStep(manager, { step, selection, firing, now });
  const { membershipHash, judgementHash } = todo;
  const { isTimeDependent } = selection;
  const { snapshot } = members;
  return {
    offers,
    changed:
      touched === null || members.wasDims === null
        ? null
        : [...new Set([...members.changed, ...states, ...fired])],
    wasDims: members.wasDims ?? [],
    fired: fired.length,
    evaluation: { stepId: step.id, snapshot, membershipHash, judgementHash, isTimeDependent, isRebuilt },
  };
}

function isRebuildDue({ todo }: StepToEvaluate, selection: EvaluableSelection): boolean {
  if (todo.isRebuildDue || todo.since === null) return true;
  const { rule, associations, tables } = selection;
  const derived = rule.kind === 'split' ? tablesOfDeriveRules(rule.derive) : [];
  const relations = relationsOf([...tables, ...associationTables(associations), ...derived]);
  return todo.changedRelations.some((relation) => relation === 'data_item' || relations.has(relation));
}

async function update(
  manager: EntityManager,
  asked: StepToEvaluate,
  selection: EvaluableSelection,
): Promise<Members> {
  const { todo, upstream, now } = asked;
  const { snapshot, changed, wasDims } = await updateMembers(manager, asked, selection);
  if (upstream.some((outcome) => outcome.changed === null)) {
    await promiseSubGroups(manager, { selection, upstreamIds: null });
    return { snapshot, touched: null, changed, wasDims };
  }
  const upstreamIds = [...new Set(upstream.flatMap((outcome) => outcome.changed ?? []))];
  const promised = upstreamIds.length > 0 ? await promiseSubGroups(manager, { selection, upstreamIds }) : [];
  const ids = [...changed, ...promised];
  const since = todo.since ?? todo.snapshot;
  const touched = await listTouchedSubGroups(manager, {
    selection,
    since,
    upTo: snapshot,
    now,
    ids,
    upstreamIds,
    upstreamDims: upstream.flatMap((outcome) => outcome.wasDims),
  });
  return { snapshot, touched, changed: ids, wasDims };
}

/** Chooses the associated inputs of sub-groups; returns those and the ones that a new choice touches. Null is every one. */
async function bind(
  manager: EntityManager,
  { step, todo, upstream, now }: StepToEvaluate,
  { associations }: EvaluableSelection,
  touched: readonly number[] | null,
): Promise<readonly number[] | null> {
  if (associations.length === 0) return touched;
  const stepId = step.id;
  if (touched === null) {
    await chooseAssociations(manager, { stepId, associations, subGroupIds: 'all', now });
    return null;
  }
  const fresh =
    todo.since !== null && todo.hasItemChanges ? await listChangedItems(manager, todo.since) : { ids: [] };
  const runIds = upstream.flatMap((outcome) => outcome.offers).flatMap(runsOf);
  const nearby = await associationsTouchedBy(manager, {
    stepId,
    associations,
    itemIds: fresh.ids,
    runIds,
    now,
  });
  const subGroupIds = [...new Set([...touched, ...nearby])];
  await chooseAssociations(manager, { stepId, associations, subGroupIds, now });
  return subGroupIds;
}

/** Ids of the sub-groups whose state changed, or what is said of it. */
async function judge(
  manager: EntityManager,
  { step, now }: StepToEvaluate,
  selection: EvaluableSelection,
  ids: readonly number[] | null,
): Promise<number[]> {
  if (ids?.length === 0) return [];
  const differing = await listDifferingSubGroups(manager, { stepId: step.id, ids });
  const inputCauses = await overEverything(
    manager,
    reachOf(selection, differing.length) === 'scan',
    async () => (differing.length === 0 ? [] : listInputCauses(manager, { selection, ids: differing })),
  );
  const awaitedStepIds = step.upstreamPolicy === 'all_current' ? step.upstreamStepIds : [];
  const { keyNames, hasPlainKey } = selection;
  const states = await refreshStates(manager, {
    stepId: step.id,
    keyNames,
    hasPlainKey,
    awaitedStepIds,
    inputCauses,
    ids,
    now,
  });
  return states.map(({ id }) => id);
}
