import { parseToolJson } from '../output/tool-json.js';
import { safeText } from '../run/failure-reason.js';
import { isJsonObject } from '../shared/json.js';
import { itemMeant, type KnownItems } from './known-items.js';

/** What became of one input item of a run. Every one ends with exactly one of them. */
export const ITEM_OUTCOMES = ['ok', 'ok_flagged', 'skipped', 'failed', 'missing'] as const;
export type ItemOutcome = (typeof ITEM_OUTCOMES)[number];

/** What a program may say itself; that an item is missing only its silence says. */
export const SAID_OUTCOMES = ['ok', 'ok_flagged', 'skipped', 'failed'] as const;

/** What the program said of an item. */
export interface SaidOutcome {
  readonly itemId: number;
  readonly outcome: (typeof SAID_OUTCOMES)[number];
  readonly reason: string;
  /** Of a failure, in the program's own words; empty without. */
  readonly failureClass: string;
  readonly elapsedSeconds: number | null;
  /** Of what the items of a run share, what this one is charged with. */
  readonly overheadSeconds: number | null;
}

export interface SettledOutcome extends Omit<SaidOutcome, 'outcome'> {
  readonly outcome: ItemOutcome;
}

export type OutcomeReading =
  | { readonly ok: true; readonly said: SaidOutcome }
  | { readonly ok: false; readonly reason: string; readonly itemId: number | null };

const MAX_CLASS = 60;

/** One line of `results/outcomes.ndjson`: `{item, outcome, reason?, class?, elapsed_seconds?, overhead_seconds?}`. Never throws. */
export function readOutcome(line: string, items: KnownItems): OutcomeReading {
  const json = parseToolJson(line);
  if (!json.ok) return { ok: false, itemId: null, reason: safeText(`is not JSON: ${json.reason}`) };
  if (!isJsonObject(json.value)) return { ok: false, itemId: null, reason: 'is not an object' };
  const { item, outcome, reason } = json.value;
  const itemId = itemMeant(item, items);
  if (itemId === null)
    return {
      ok: false,
      itemId: null,
      reason: safeText(`names the item ${JSON.stringify(item)}, which the run was not given`),
    };
  const known = SAID_OUTCOMES.find((one) => one === outcome);
  if (known === undefined)
    return {
      ok: false,
      itemId,
      reason: safeText(`has the outcome ${JSON.stringify(outcome)}, none of ${SAID_OUTCOMES.join(', ')}`),
    };
  return {
    ok: true,
    said: {
      itemId,
      outcome: known,
      reason: typeof reason === 'string' ? safeText(reason) : '',
      failureClass: typeof json.value['class'] === 'string' ? safeText(json.value['class'], MAX_CLASS) : '',
      elapsedSeconds: seconds(json.value['elapsed_seconds']),
      overheadSeconds: seconds(json.value['overhead_seconds']),
    },
  };
}

const seconds = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;

/** What the lines of a run's tables say of its items. */
export interface RowsOfItems {
  readonly withRow: ReadonlySet<number>;
  readonly flagged: ReadonlySet<number>;
  /** Items with a line that could not be kept, and why the first of them could not. */
  readonly quarantined: ReadonlyMap<number, string>;
}

/**
 * Exactly one outcome for each submitted item.
 *
 * The program's word counts, and an item without any row that it calls ok is ok (there may have been nothing to find). Without its
 * word a row is ok and silence is missing. Whatever it says, an item of whose rows only some could be kept is flagged, and one of
 * whose rows none could be kept has failed.
 */
export function settleOutcomes(
  submitted: readonly number[],
  said: ReadonlyMap<number, SaidOutcome>,
  rows: RowsOfItems,
): SettledOutcome[] {
  return submitted.map((itemId) => {
    const word = said.get(itemId);
    const quarantined = rows.quarantined.get(itemId);
    const isFailure = word?.outcome === 'failed' || word?.outcome === 'skipped';
    if (isFailure) return word;
    const hasRow = rows.withRow.has(itemId);
    const settled = { ...silent(itemId), ...word };
    if (quarantined !== undefined)
      return hasRow
        ? { ...settled, outcome: 'ok_flagged', reason: quarantined }
        : { ...settled, outcome: 'failed', failureClass: 'ROW', reason: quarantined };
    if (word === undefined && !hasRow) return settled;
    const isFlagged = word?.outcome === 'ok_flagged' || rows.flagged.has(itemId);
    return { ...settled, outcome: isFlagged ? 'ok_flagged' : 'ok' };
  });
}

const silent = (itemId: number): SettledOutcome => ({
  itemId,
  outcome: 'missing',
  reason: '',
  failureClass: '',
  elapsedSeconds: null,
  overheadSeconds: null,
});

/** How many ended how: together as many as were submitted. */
export function itemCounts(
  outcomes: readonly Pick<SettledOutcome, 'outcome'>[],
): Record<ItemOutcome, number> {
  const counts = { ok: 0, ok_flagged: 0, skipped: 0, failed: 0, missing: 0 };
  for (const { outcome } of outcomes) counts[outcome] += 1;
  return counts;
}
