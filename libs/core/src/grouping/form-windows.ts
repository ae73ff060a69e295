import type { JsonObject } from '../shared/json.js';
import {
  inOrderOfTime,
  instantText,
  toMicroseconds,
  type FormedGroup,
  type FormedGroups,
  type GroupMember,
  type TimedMember,
} from './group-member.js';
import type { WindowRule } from './grouping-rule.js';

/** `complete` has its size · `partial` is the rest at the end of a run of items · `refused` is longer than the rule allows. */
export type WindowForm = 'complete' | 'partial' | 'refused';

/**
 * Sliding windows over the members of one by-key in order of time, then id.
 *
 * A gap longer than `max_gap` (from the latest end so far, where items have one, to the next beginning) ends a run of items:
 * windows are counted anew after it. At the end of a run there is one shorter window, when the last full one leaves
 * items out: they are reported as `partial`, and become part of a full one when later items follow.
 */
export function formWindows(rule: WindowRule, members: readonly GroupMember[]): FormedGroups {
  const { timed, refused } = inOrderOfTime(members);
  const windows = contiguousRuns(rule, timed).flatMap((run) => windowsOf(rule, run));
  return { groups: distinguish(windows.map((window) => describeWindow(rule, window))), refused };
}

function contiguousRuns(rule: WindowRule, members: readonly TimedMember[]): TimedMember[][] {
  const runs: TimedMember[][] = [];
  const maxGap = rule.maxGapSeconds === null ? Infinity : toMicroseconds(rule.maxGapSeconds);
  let end = -Infinity;
  for (const member of members) {
    const run = runs.at(-1);
    if (run === undefined || member.time - end > maxGap) {
      runs.push([member]);
      end = -Infinity;
    } else run.push(member);
    end = Math.max(end, member.time, member.timeEnd ?? -Infinity);
  }
  return runs;
}

function windowsOf({ size, step }: WindowRule, run: readonly TimedMember[]): (readonly TimedMember[])[] {
  const windows: (readonly TimedMember[])[] = [];
  for (let start = 0; start < run.length; start += step) {
    windows.push(run.slice(start, start + size));
    if (start + size >= run.length) break;
  }
  return windows;
}

function describeWindow(rule: WindowRule, window: readonly TimedMember[]): FormedGroup {
  const first = window[0]?.time ?? 0;
  const span = (window.at(-1)?.time ?? first) - first;
  return {
    dims: { window: instantText(first) },
    memberIds: window.map(({ id }) => id),
    setAside: [],
    report: { ...judge(rule, window.length, span), present: window.length, expected: rule.size },
  };
}

function judge({ size, maxSpanSeconds }: WindowRule, length: number, span: number): JsonObject {
  if (maxSpanSeconds !== null && span > toMicroseconds(maxSpanSeconds)) {
    const form: WindowForm = 'refused';
    return {
      form,
      reason: `its items span ${span / toMicroseconds(1)} s, at most ${maxSpanSeconds} s are allowed`,
    };
  }
  const form: WindowForm = length === size ? 'complete' : 'partial';
  return { form };
}

/** Windows that begin at one moment, with items of the same time, are numbered from the second on. */
function distinguish(groups: readonly FormedGroup[]): FormedGroup[] {
  const seen = new Map<string, number>();
  return groups.map((group) => {
    const window = String(group.dims['window']);
    const number = (seen.get(window) ?? 0) + 1;
    seen.set(window, number);
    return number === 1 ? group : { ...group, dims: { window: `${window} (${number})` } };
  });
}
