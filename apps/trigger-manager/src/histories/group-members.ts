import {
  canonicalJson,
  formGroups,
  groupKeyOf,
  type ByRule,
  type Dims,
  type FormedRule,
  type JsonObject,
  type SplitMember,
} from '@meridian/core';
import type { StoredItem } from './read-tables.js';

/** An item that a step takes. */
export interface Member {
  readonly item: StoredItem;
  /** The upstream sub-group that it comes from. */
  readonly originId: number | null;
}

export interface Group {
  readonly dims: Dims;
  readonly members: readonly Member[];
  /** What the formation says of it. */
  readonly report: JsonObject;
}

/** The sub-groups that some items make: all of them at once, by the pure functions of libs/core. */
export function groupMembers(rule: ByRule | FormedRule, members: readonly Member[], now: Date): Group[] {
  const parts = byKey(rule, members);
  return rule.kind === 'by' ? parts : parts.flatMap((part) => formed(rule, part, now));
}

function byKey({ terms }: ByRule | FormedRule, members: readonly Member[]): Group[] {
  const parts = new Map<string, { dims: Dims; members: Member[]; report: JsonObject }>();
  for (const member of members) {
    const dims = groupKeyOf(terms, member.item.row);
    const known = parts.get(canonicalJson(dims));
    if (known === undefined) parts.set(canonicalJson(dims), { dims, members: [member], report: {} });
    else known.members.push(member);
  }
  return [...parts.values()];
}

function formed(rule: FormedRule, part: Group, now: Date): Group[] {
  const known = new Map(part.members.map((member) => [member.item.row.id, member]));
  const looked = part.members.map(({ item }): SplitMember => {
    const { row, time, timeEnd, changedAt } = item;
    return { id: row.id, time, timeEnd, changedAt, dims: row.dims, row };
  });
  return formGroups(rule, looked, now.getTime() * 1000).map(({ dims, memberIds, report }) => ({
    dims: { ...part.dims, ...dims },
    members: memberIds.flatMap((id) => known.get(id) ?? []),
    report,
  }));
}
