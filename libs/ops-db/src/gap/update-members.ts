import type { JsonObject } from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { applyItemChanges } from '../queries/gap/apply-item-changes.sql.js';
import { applyOffers } from '../queries/gap/apply-offers.sql.js';
import type { TouchedSubGroup } from '../queries/gap/contributions.js';
import { forgetMembers } from '../queries/gap/forget-members.sql.js';
import { listChangedItems } from '../queries/gap/list-changed-items.sql.js';
import { listRunProducts } from '../queries/gap/list-run-products.sql.js';
import type { Offer } from '../queries/gap/publish-results.sql.js';
import { rebuildMembers } from '../queries/gap/rebuild-members.sql.js';
import { recountSubGroups } from '../queries/gap/recount-sub-groups.sql.js';
import { reachOf } from '../queries/gap/step-members.js';
import type { StepToEvaluate } from './evaluate-step.js';
import { MembersDrifted } from './members-drifted.js';
import { overEverything } from './over-everything.js';
import { regroupStep } from './regroup-step.js';
import type { EvaluableSelection } from './step-selection.js';

export interface UpdatedMembers {
  /** The members are as of this pg_snapshot. */
  readonly snapshot: string;
  /** Sub-groups whose members changed. */
  readonly changed: readonly number[];
  /** Common dims that some of them have no longer; null where that is not known. */
  readonly wasDims: readonly JsonObject[] | null;
}

/** Members of every sub-group of a step from a look at everything. Returns the pg_snapshot that they are as of. */
export async function rebuild(
  manager: EntityManager,
  { step, todo, now }: StepToEvaluate,
  selection: EvaluableSelection,
): Promise<string> {
  const { rule } = selection;
  if (rule.kind !== 'by') {
    await overEverything(manager, true, () =>
      regroupStep(manager, { rule, selection, changedItemIds: 'all', now }),
    );
    return todo.snapshot;
  }
  await forgetMembers(manager, step.id);
  const snapshot = await overEverything(manager, true, async () => {
    const rebuilt = await rebuildMembers(manager, { selection, since: todo.since });
    if (selection.slotDim !== null) await recountSubGroups(manager, { selection, ids: null });
    return rebuilt.snapshot;
  });
  return snapshot;
}

/** Members from what changed since the step was last evaluated, and from what its upstream steps offer now. */
export async function updateMembers(
  manager: EntityManager,
  asked: StepToEvaluate,
  selection: EvaluableSelection,
): Promise<UpdatedMembers> {
  const { rule } = selection;
  const offers = asked.upstream.flatMap((outcome) => outcome.offers);
  if (rule.kind === 'by') return addUp(manager, asked, selection, offers);
  const { todo, now } = asked;
  const fresh =
    selection.takesRaw && todo.hasItemChanges
      ? await listChangedItems(manager, todo.since ?? todo.snapshot)
      : { snapshot: todo.snapshot, ids: [] };
  const products = offers.length === 0 ? [] : await listRunProducts(manager, offers.flatMap(runsOf));
  const changedItemIds = [...fresh.ids, ...products];
  // Time alone closes an observation that is being collected.
  const changed =
    changedItemIds.length > 0 || todo.isDue
      ? await regroupStep(manager, { rule, selection, changedItemIds, now })
      : [];
  return { snapshot: fresh.snapshot, changed, wasDims: changed.length > 0 ? null : [] };
}

export const runsOf = ({ was, is }: Offer): number[] => [was, is].filter((run) => run !== null);

async function addUp(
  manager: EntityManager,
  { todo }: StepToEvaluate,
  selection: EvaluableSelection,
  offers: readonly Offer[],
): Promise<UpdatedMembers> {
  const applied =
    selection.takesRaw && todo.hasItemChanges
      ? await applyItemChanges(manager, { selection, since: todo.since ?? todo.snapshot })
      : { snapshot: todo.snapshot, touched: [] };
  const moved = offers.length > 0 ? await applyOffers(manager, { selection, offers }) : [];
  const touched = [...applied.touched, ...moved];
  const impossible = touched.filter(({ memberCount }) => memberCount < 0);
  if (impossible.length > 0)
    throw new MembersDrifted(
      selection.stepId,
      impossible.map(({ id }) => id),
    );
  const recounted = await recount(manager, { selection, touched });
  return {
    snapshot: applied.snapshot,
    changed: touched.map(({ id }) => id),
    wasDims: [...recounted, ...touched.map(({ wasDims }) => wasDims).filter((dims) => dims !== null)],
  };
}

interface Recount {
  readonly selection: EvaluableSelection;
  readonly touched: readonly TouchedSubGroup[];
}

/** Where something left, and wherever slots are counted. */
async function recount(manager: EntityManager, { selection, touched }: Recount): Promise<JsonObject[]> {
  const ids = touched
    .filter(({ isNarrowed }) => isNarrowed || selection.slotDim !== null)
    .map(({ id }) => id);
  const distinct = [...new Set(ids)];
  const isAll = reachOf(selection, distinct.length) === 'scan';
  return overEverything(manager, isAll, () => recountSubGroups(manager, { selection, ids: distinct }));
}
