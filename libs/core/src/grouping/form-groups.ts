import { formClusters } from './form-clusters.js';
import { formSplits } from './form-splits.js';
import { formWindows } from './form-windows.js';
import { listed, type FormedGroup, type FormedGroups, type SplitMember } from './group-member.js';
import { KIND_DIMS, type ClusterRule, type SplitRule, type WindowRule } from './grouping-rule.js';

/** Groups that are a pure function of the members of one by-key. */
export type FormedRule = ClusterRule | WindowRule | SplitRule;

/**
 * The sub-groups of one by-key. Refused items are the members of one more, whose dims are null and whose report has the
 * reasons: like an item without a dimension of the key, they are shown and not processed.
 *
 * @param now microseconds since 1970.
 */
export function formGroups(
  rule: FormedRule,
  members: readonly SplitMember[],
  now: number,
): readonly FormedGroup[] {
  const { groups, refused } = form(rule, members, now);
  if (refused.length === 0) return groups;
  const isNamed = (name: string): boolean =>
    name !== 'case' || (rule.kind === 'split' && rule.partition.kind !== 'none');
  const names = KIND_DIMS[rule.kind].filter(isNamed);
  const byId = [...refused].sort((a, b) => a.id - b.id);
  const unplaced: FormedGroup = {
    dims: Object.fromEntries(names.map((name) => [name, null])),
    memberIds: byId.map(({ id }) => id),
    setAside: [],
    report: {
      form: 'refused',
      reason: 'its items cannot be placed',
      refused: listed(byId).map(({ id, reason }) => ({ item: id, reason })),
    },
  };
  return [...groups, unplaced];
}

function form(rule: FormedRule, members: readonly SplitMember[], now: number): FormedGroups {
  switch (rule.kind) {
    case 'cluster':
      return formClusters(rule, members, now);
    case 'window':
      return formWindows(rule, members);
    case 'split':
      return formSplits(rule, members);
  }
}
