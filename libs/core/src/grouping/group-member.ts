import { canonicalInstant } from '../filter/instant.js';
import type { ItemRow } from '../filter/item-row.js';
import type { Dims, JsonObject } from '../shared/json.js';

/** An item as the formation of groups sees it. All times are whole microseconds since 1970: what PostgreSQL keeps, exactly. */
export interface GroupMember {
  readonly id: number;
  /** Observation time; null when the item has none. */
  readonly time: number | null;
  readonly timeEnd: number | null;
  /** When the item last changed: how long its neighbours have been waited for. */
  readonly changedAt: number;
  readonly dims: Dims;
}

/** A member with its whole row: what the cases of a partition are asked of. */
export interface SplitMember extends GroupMember {
  readonly row: ItemRow;
}

export interface RefusedItem {
  readonly id: number;
  readonly reason: string;
}

export interface FormedGroup {
  /** What sets the group apart from the others with the same terms; null says that its items cannot be placed. */
  readonly dims: Dims;
  /** In the order of the rule. */
  readonly memberIds: readonly number[];
  /** `form` and whatever explains it. */
  readonly report: JsonObject;
  /** Items that were looked at for this group and are no members of it. The report names them, too. */
  readonly setAside: readonly RefusedItem[];
}

/** Every item that went in is a member of a group, set aside by one, or refused: nothing is dropped. */
export interface FormedGroups {
  readonly groups: readonly FormedGroup[];
  readonly refused: readonly RefusedItem[];
}

/** A member whose time is known. */
export type TimedMember<Member extends GroupMember = GroupMember> = Member & { readonly time: number };

const isTimed = <Member extends GroupMember>(member: Member): member is TimedMember<Member> =>
  member.time !== null;

/** The members in order of time, then id, and those that have no time. */
export function inOrderOfTime<Member extends GroupMember>(
  members: readonly Member[],
): { timed: readonly TimedMember<Member>[]; refused: readonly RefusedItem[] } {
  return {
    timed: members.filter(isTimed).sort((a, b) => a.time - b.time || a.id - b.id),
    refused: members
      .filter(({ time }) => time === null)
      .map(({ id }) => ({ id, reason: 'it has no obs_time' })),
  };
}

const MICROSECONDS = 1_000_000;
export const toMicroseconds = (seconds: number): number => seconds * MICROSECONDS;

/** `2026-03-01T12:10:00Z`, with decimals only where there are any. */
export function instantText(microseconds: number): string {
  const seconds = Math.floor(microseconds / MICROSECONDS);
  const fraction = microseconds - seconds * MICROSECONDS;
  const decimals = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
  return `${new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)}${decimals}Z`;
}

/** Microseconds of an ISO 8601 time, null when it is none. */
export function instantMicroseconds(text: string): number | null {
  const canonical = canonicalInstant(text);
  if (canonical === null) return null;
  return Date.parse(`${canonical.slice(0, 19)}Z`) * 1000 + Number(canonical.slice(20, 26));
}

/** Where a list of items of a report ends: a report is read by people. */
const MOST_LISTED = 1_000;
export const listed = <Entry>(entries: readonly Entry[]): readonly Entry[] => entries.slice(0, MOST_LISTED);
