import {
  associationFingerprint,
  associationHashes,
  canonicalJson,
  prepareAssociation,
  type Association,
  type AssociationCandidate,
  type AssociationChoice,
  type JsonObject,
  type PreparedAssociation,
} from '@meridian/core';
import type { EntityManager } from 'typeorm';
import { listAssociationTargets, reachSeconds } from '../queries/gap/list-association-targets.sql.js';
import {
  loadAssociationCandidates,
  type CandidatesQuery,
} from '../queries/gap/load-association-candidates.sql.js';
import {
  loadAssociationProducers,
  type AssociationProducer,
} from '../queries/gap/load-association-producers.sql.js';
import { loadAssociationTargets, type SubGroupTarget } from '../queries/gap/load-association-targets.sql.js';
import { writeAssociations, type BoundRow } from '../queries/gap/write-associations.sql.js';

export interface ChooseAssociations {
  readonly stepId: number;
  readonly associations: readonly Association[];
  readonly subGroupIds: readonly number[] | 'all';
  readonly now: Date;
}

/** Sub-groups in memory at a time. */
const TARGETS_AT_ONCE = 10_000;

/** Up to so many sub-groups or combinations of dims, only the candidates near them are loaded. */
const MOST_NARROWED = 1_000;
const MOST_DIMS = 20;

/**
 * Chooses what the associations of a step bind to some of its sub-groups, and writes what is different: the rows of
 * sub_group_association, the summary `sub_group.association`, and both fingerprints. Returns the sub-groups that changed.
 *
 * The summary is `{}` for a step without associations, otherwise `{chosen: {name: {method, items: [{id, role, offset_seconds,
 * weight}], far?}}, absent?: {name: reason}, missing?: [names of required ones], awaiting?: {name, producer, until}}`.
 * What is awaited is not missing. A sub-group without members has no associations.
 *
 * Call it after the sub-groups' members and times and the producers' states are up to date, in the same transaction.
 */
export async function chooseAssociations(
  manager: EntityManager,
  request: ChooseAssociations,
): Promise<readonly number[]> {
  const { subGroupIds } = request;
  const ids = subGroupIds === 'all' ? null : subGroupIds;
  if (ids?.length === 0) return [];
  const changed: number[] = [];
  let choosers: readonly Chooser[] | null = null;
  for (let afterId = 0, isLast = false; !isLast;) {
    const targets = await loadAssociationTargets(manager, {
      stepId: request.stepId,
      ids,
      dimNames: [...new Set(request.associations.flatMap(({ same }) => same))],
      afterId,
      limit: TARGETS_AT_ONCE,
    });
    const isWhole: boolean = afterId === 0 && targets.length < TARGETS_AT_ONCE;
    choosers ??= await loadChoosers(manager, request, isWhole ? targets : null);
    const decided = targets
      .map((target) => ({ target, ...decide(choosers ?? [], target, request.now) }))
      .filter(isDifferent);
    changed.push(
      ...(await writeAssociations(manager, {
        subGroups: decided.map(({ id, association }) => ({ id, association })),
        rows: decided.flatMap(({ rows }) => rows),
      })),
    );
    afterId = targets.at(-1)?.id ?? 0;
    isLast = targets.length < TARGETS_AT_ONCE;
  }
  return changed;
}

export interface AssociationsTouchedBy {
  readonly stepId: number;
  readonly associations: readonly Association[];
  /** Items that changed in any way. */
  readonly itemIds: readonly number[];
  /** Runs whose products their sub-groups offer newly, or no longer. */
  readonly runIds: readonly number[];
  readonly now: Date;
}

/**
 * The sub-groups of a step for which changed items or results may change a choice, in no order: what to call
 * `chooseAssociations` for beside the sub-groups whose own members changed. More than will change, never fewer.
 *
 * It cannot see deleted items, changed rows of other tables that a filter names (`associationTables`), nor time passing for
 * filters that depend on it (`associationsDependOnTime`): those ask for all.
 */
export async function associationsTouchedBy(
  manager: EntityManager,
  { associations, ...touched }: AssociationsTouchedBy,
): Promise<readonly number[]> {
  const ids = new Set<number>();
  for (const association of associations)
    for (const id of await listAssociationTargets(manager, { ...touched, association })) ids.add(id);
  return [...ids];
}

interface Chooser {
  readonly association: Association;
  readonly choose: PreparedAssociation;
  /** Also among what producers at work will give, each as an item of the negative id of its sub-group; null never waits. */
  readonly foresee: PreparedAssociation | null;
}

async function loadChoosers(
  manager: EntityManager,
  { stepId, associations, now }: ChooseAssociations,
  targets: readonly SubGroupTarget[] | null,
): Promise<Chooser[]> {
  const choosers: Chooser[] = [];
  for (const association of associations) {
    const query = { stepId, association, now, ...narrowedTo(targets, association) };
    const candidates = await loadAssociationCandidates(manager, query);
    const producers =
      association.awaitSeconds === null
        ? []
        : await loadAssociationProducers(manager, { stepId, association });
    const expected = producers.map((producer) => expectedOf(producer, association));
    choosers.push({
      association,
      choose: prepareAssociation(association, candidates),
      foresee: expected.length === 0 ? null : prepareAssociation(association, [...candidates, ...expected]),
    });
  }
  return choosers;
}

/** What can be chosen for few sub-groups lies near them; what is farther away changes no choice, so it need not be loaded. */
function narrowedTo(
  targets: readonly SubGroupTarget[] | null,
  association: Association,
): Pick<CandidatesQuery, 'dims' | 'validAfter' | 'validBefore'> {
  if (targets === null || targets.length > MOST_NARROWED)
    return { dims: null, validAfter: null, validBefore: null };
  const { same } = association;
  const combinations = new Set(
    targets.flatMap(({ dims }) =>
      same.some((name) => (dims[name] ?? null) === null)
        ? []
        : [JSON.stringify(Object.fromEntries(same.map((name) => [name, dims[name]])))],
    ),
  );
  const dims = combinations.size > MOST_DIMS || same.length === 0 ? null : [...combinations];
  const seconds = reachSeconds(association);
  const times = targets.flatMap(({ timeFromMs, timeToMs }) =>
    timeFromMs === null ? [] : [timeFromMs, timeToMs ?? timeFromMs],
  );
  if (seconds === null || targets.some(({ timeFromMs }) => timeFromMs === null))
    return { dims, validAfter: null, validBefore: null };
  // A millisecond more: a Date has no microseconds.
  const reach = seconds * 1000 + 1;
  return {
    dims,
    validAfter: times.length === 0 ? null : new Date(Math.floor(Math.min(...times) - reach)),
    validBefore: times.length === 0 ? null : new Date(Math.ceil(Math.max(...times) + reach)),
  };
}

/**
 * What a producer will give, as a candidate: newer than all there is, valid for the time that it works on. How long results of
 * a policy that goes by coverage are valid only they can say, so theirs is taken to be open.
 */
function expectedOf(producer: AssociationProducer, association: Association): AssociationCandidate {
  const isOpen = reachSeconds(association) === 0;
  return {
    itemId: -producer.subGroupId,
    contentHash: '',
    dims: producer.dims,
    validFromMs: isOpen ? null : producer.timeFromMs,
    validToMs: isOpen ? null : producer.timeToMs,
    registeredAtMs: Number.MAX_SAFE_INTEGER,
  };
}

/** The summary and the fingerprint together say all that the rows say. */
const isDifferent = ({
  target,
  association,
  rows,
}: Decision & { readonly target: SubGroupTarget }): boolean =>
  target.fingerprint !== associationFingerprint(rows) ||
  canonicalJson(target.association) !== canonicalJson(association);

interface Decision {
  readonly id: number;
  readonly association: JsonObject;
  readonly rows: readonly BoundRow[];
}

function decide(choosers: readonly Chooser[], target: SubGroupTarget, now: Date): Decision {
  if (choosers.length === 0 || target.memberCount === 0) return { id: target.id, association: {}, rows: [] };
  const choices = choosers.map((chooser) => ({
    ...chooser.association,
    choice: chooser.choose(target),
    awaited: awaitedProducer(chooser, target, now),
  }));
  const chosen = choices.flatMap(({ name, choice }) =>
    choice.kind === 'chosen' ? [[name, summaryOf(choice)] as const] : [],
  );
  const absent = choices.flatMap(({ name, choice }) =>
    choice.kind === 'missing' ? [[name, choice.reason] as const] : [],
  );
  const missing = choices
    .filter(({ choice, isRequired, awaited }) => choice.kind === 'missing' && isRequired && awaited === null)
    .map(({ name }) => name);
  const awaiting = choices.find(({ awaited }) => awaited !== null)?.awaited ?? null;
  return {
    id: target.id,
    association: {
      chosen: Object.fromEntries(chosen),
      ...(absent.length > 0 ? { absent: Object.fromEntries(absent) } : {}),
      ...(missing.length > 0 ? { missing } : {}),
      ...(awaiting === null ? {} : { awaiting }),
    },
    rows: choices.flatMap(({ name, choice }) => rowsOf(target.id, name, choice)),
  };
}

const summaryOf = ({ items, isFar }: AssociationChoice & { readonly kind: 'chosen' }): JsonObject => ({
  method: items[0]?.method ?? null,
  items: items.map(({ itemId, role, offsetSeconds, weight }) => ({
    id: itemId,
    role,
    offset_seconds: offsetSeconds,
    weight,
  })),
  ...(isFar ? { far: true } : {}),
});

const rowsOf = (subGroupId: number, name: string, choice: AssociationChoice): BoundRow[] =>
  choice.kind === 'missing'
    ? []
    : choice.items.map((item) => ({
        ...item,
        subGroupId,
        name,
        hashes: associationHashes({ ...item, name }),
      }));

/** The producer whose result would be chosen if it were there, while the time to wait for it is not over. */
function awaitedProducer(
  { association, foresee }: Chooser,
  target: SubGroupTarget,
  now: Date,
): JsonObject | null {
  if (foresee === null || association.awaitSeconds === null || target.lastMemberAtMs === null) return null;
  const until = new Date(target.lastMemberAtMs + association.awaitSeconds * 1000);
  if (until.getTime() <= now.getTime()) return null;
  const foreseen = foresee(target);
  const expected = foreseen.kind === 'chosen' ? foreseen.items.find(({ itemId }) => itemId < 0) : undefined;
  if (expected === undefined) return null;
  return { name: association.name, producer: -expected.itemId, until: until.toISOString() };
}
