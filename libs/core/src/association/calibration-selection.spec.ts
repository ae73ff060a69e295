import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Association, AssociationCandidate, AssociationChoice } from './association.js';
import { chooseAssociation } from './choose-association.js';
import { parseAssociations } from './parse-associations.js';
import { prepareAssociation } from './prepare-association.js';

/** What DSA-110's own code chose: `fixtures/calibration-selection.json` is a record of it. */
interface GoldenCase {
  readonly name: string;
  readonly sets: readonly { name: string; created: number; start: number; end: number | null }[];
  readonly target_mjd: number;
  readonly kwargs: { readonly validity_hours?: number };
  readonly registry_newest_wins: readonly string[];
  readonly bidirectional: {
    readonly set_name: string;
    readonly selection_method: string;
    readonly time_offset_hours: number;
    readonly warnings: readonly string[];
  };
  readonly interpolated: {
    readonly error?: string;
    readonly set_before?: string | null;
    readonly set_after?: string | null;
    readonly weight_before?: number;
    readonly selection_method?: string;
    readonly hours_from_before?: number | null;
    readonly hours_from_after?: number | null;
    readonly warnings?: readonly string[];
  };
}
const { cases } = JSON.parse(
  readFileSync(join(__dirname, 'fixtures/calibration-selection.json'), 'utf8'),
) as { cases: readonly GoldenCase[] };

const MJD_OF_1970 = 40_587;
const milliseconds = (mjd: number): number => (mjd - MJD_OF_1970) * 86_400_000;

const candidatesOf = ({ sets }: GoldenCase): AssociationCandidate[] =>
  sets.map(({ created, start, end }, index) => ({
    itemId: index + 1,
    contentHash: 'a'.repeat(64),
    dims: {},
    validFromMs: milliseconds(start),
    validToMs: end === null ? null : milliseconds(end),
    registeredAtMs: created,
  }));

/** ± 12 h unless a case says otherwise; they warn from half of it on. */
function policyOf({ kwargs }: GoldenCase, policy: string): Association {
  const hours = kwargs.validity_hours ?? 12;
  const reach = policy === 'newest' ? {} : { max_offset: `${hours} h`, warn_offset: `${hours / 2} h` };
  return parseAssociations([{ name: 'gains', select: [], policy, ...reach }])[0] as Association;
}

function choose(golden: GoldenCase, policy: string): AssociationChoice {
  const time = milliseconds(golden.target_mjd);
  const target = { dims: {}, timeFromMs: time, timeToMs: time };
  const association = policyOf(golden, policy);
  const choice = chooseAssociation(association, target, candidatesOf(golden));
  expect(prepareAssociation(association, candidatesOf(golden))(target)).toEqual(choice);
  return choice;
}

const nameOf = ({ sets }: GoldenCase, itemId: number): string | undefined => sets[itemId - 1]?.name;
const itemsOf = (choice: AssociationChoice) => (choice.kind === 'chosen' ? choice.items : []);
const isFar = (choice: AssociationChoice): boolean => choice.kind === 'chosen' && choice.isFar;

describe.each(cases.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
  it('newest chooses the set of their registry', () => {
    const chosen = itemsOf(choose(golden, 'newest')).map(({ itemId }) => nameOf(golden, itemId));
    const expected = golden.registry_newest_wins.map((path) => /^\/cal\/(\w+)_/.exec(path)?.[1]);
    expect(chosen).toEqual([...new Set(expected)]);
  });

  it('nearest chooses the set of their bidirectional selection, with its method, offset and warning', () => {
    const choice = choose(golden, 'nearest');
    const [item, ...others] = itemsOf(choice);
    const { set_name, selection_method, time_offset_hours, warnings } = golden.bidirectional;
    expect(others).toEqual([]);
    expect(nameOf(golden, item?.itemId ?? 0)).toBe(set_name);
    const side = (item?.offsetSeconds ?? 0) < 0 ? 'nearest_before' : 'nearest_after';
    expect(item?.method === 'covering' ? 'exact' : side).toBe(selection_method);
    expect(Math.abs(item?.offsetSeconds ?? NaN) / 3600).toBeCloseTo(time_offset_hours, 6);
    expect(isFar(choice)).toBe(warnings.some((warning) => warning.includes('h from target')));
  });

  it('interpolate chooses their sets before and after, with method, offsets, weights and warning', () => {
    const choice = choose(golden, 'interpolate');
    const { interpolated } = golden;
    if (interpolated.error !== undefined) {
      expect(choice).toEqual({ kind: 'missing', reason: 'none_found' });
      return;
    }
    const items = itemsOf(choice);
    const [before, after] = ['before', 'after'].map((role) => items.find((item) => item.role === role));
    const nameOrNull = (item: typeof before) => (item === undefined ? null : nameOf(golden, item.itemId));
    expect([nameOrNull(before), nameOrNull(after)]).toEqual([
      interpolated.set_before,
      interpolated.set_after,
    ]);
    expect(new Set(items.map(({ method }) => method))).toEqual(new Set([interpolated.selection_method]));
    expect(before?.weight ?? 0).toBeCloseTo(interpolated.weight_before ?? NaN, 9);
    expect((before?.weight ?? 0) + (after?.weight ?? 0)).toBeCloseTo(1, 12);
    for (const [item, hours] of [
      [before, interpolated.hours_from_before],
      [after, interpolated.hours_from_after],
    ] as const) {
      if (hours === null) expect(item).toBeUndefined();
      else expect(Math.abs(item?.offsetSeconds ?? NaN) / 3600).toBeCloseTo(hours ?? NaN, 6);
    }
    expect(isFar(choice)).toBe((interpolated.warnings ?? []).length > 0);
  });
});
