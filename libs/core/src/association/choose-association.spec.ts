import type {
  Association,
  AssociationCandidate,
  AssociationChoice,
  AssociationTarget,
} from './association.js';
import { associationHashes } from './association-hashes.js';
import { chooseAssociation } from './choose-association.js';
import { parseAssociations } from './parse-associations.js';
import { itemHashes } from '../recipe/fingerprint.js';

const HOUR = 3_600_000;
const rule = (fields: object): Association =>
  parseAssociations([{ name: 'dark', select: [], ...fields }])[0] as Association;
const candidate = (
  itemId: number,
  [from, to]: readonly [number | null, number | null],
  more: Partial<AssociationCandidate> = {},
): AssociationCandidate => ({
  itemId,
  contentHash: 'a'.repeat(64),
  dims: {},
  validFromMs: from === null ? null : from * HOUR,
  validToMs: to === null ? null : to * HOUR,
  registeredAtMs: 0,
  ...more,
});
const at = (from: number | null, to = from, dims: AssociationTarget['dims'] = {}): AssociationTarget => ({
  dims,
  timeFromMs: from === null ? null : from * HOUR,
  timeToMs: to === null ? null : to * HOUR,
});
const idsOf = (choice: AssociationChoice): number[] =>
  choice.kind === 'chosen' ? choice.items.map(({ itemId }) => itemId) : [];
const NONE = { kind: 'missing', reason: 'none_found' };

describe('chooseAssociation', () => {
  it('a validity covers at both of its ends, and only what it holds as a whole', () => {
    const covering = rule({ policy: 'covering' });
    const candidates = [candidate(1, [0, 10])];
    for (const target of [at(0), at(10), at(0, 10)])
      expect(idsOf(chooseAssociation(covering, target, candidates))).toEqual([1]);
    for (const target of [at(-1, 3), at(9, 11)])
      expect(chooseAssociation(covering, target, candidates)).toEqual(NONE);
  });

  it('covering takes what begins last, then what ends first, then what is newest, then the greater id', () => {
    const covering = rule({ policy: 'covering' });
    const [old, wide] = [candidate(1, [null, null], { registeredAtMs: 9 }), candidate(2, [4, null])];
    const [narrow, newer] = [candidate(3, [4, 8]), candidate(4, [4, 8], { registeredAtMs: 1 })];
    const twin = candidate(5, [4, 8], { registeredAtMs: 1 });
    const pick = (...candidates: AssociationCandidate[]) =>
      idsOf(chooseAssociation(covering, at(5), candidates));
    expect(pick(old)).toEqual([1]);
    expect(pick(old, wide)).toEqual([2]);
    expect(pick(narrow, old, wide)).toEqual([3]);
    expect(pick(narrow, newer)).toEqual([4]);
    expect(pick(twin, newer)).toEqual([5]);
  });

  it('newest takes what was registered last, and with max_offset also what is only near', () => {
    const candidates = [
      candidate(1, [0, 10], { registeredAtMs: 1 }),
      candidate(2, [2, 10]),
      candidate(3, [12, 13], { registeredAtMs: 2 }),
    ];
    expect(idsOf(chooseAssociation(rule({ policy: 'newest' }), at(5), candidates))).toEqual([1]);
    const near = { policy: 'newest', max_offset: '7 h' };
    expect(idsOf(chooseAssociation(rule(near), at(5), candidates))).toEqual([3]);
    expect(idsOf(chooseAssociation(rule(near), at(4), candidates))).toEqual([1]);
    expect(idsOf(chooseAssociation(rule({ ...near, after: false }), at(5), candidates))).toEqual([1]);
  });

  it('nearest prefers what covers, then the smallest gap, on the sides that it may take', () => {
    const candidates = [candidate(1, [0, 1]), candidate(2, [8, 9]), candidate(3, [20, 30])];
    const nearest = { policy: 'nearest', max_offset: '4 h' };
    const pick = (fields: object, target: AssociationTarget) =>
      idsOf(chooseAssociation(rule({ ...nearest, ...fields }), target, candidates));
    expect(pick({}, at(29))).toEqual([3]);
    expect(pick({}, at(5))).toEqual([2]);
    expect(pick({}, at(4))).toEqual([1]);
    expect(pick({ after: false }, at(5))).toEqual([1]);
    expect(pick({ before: false }, at(4))).toEqual([2]);
    expect(pick({}, at(13))).toEqual([2]);
    expect(pick({}, at(14))).toEqual([]);
    expect(pick({}, at(29, 31))).toEqual([3]);
  });

  it('of two at the same distance nearest takes the newer one, whichever side it is on', () => {
    const early = candidate(1, [0, 1], { registeredAtMs: 5 });
    const late = candidate(2, [9, 10]);
    expect(idsOf(chooseAssociation(rule({ policy: 'nearest' }), at(5), [late, early]))).toEqual([1]);
  });

  it('interpolates between the last before and the first after, the nearer one weighing more', () => {
    const candidates = [candidate(1, [-9, -9]), candidate(2, [0, 2]), candidate(3, [6, 10])];
    expect(chooseAssociation(rule({ policy: 'interpolate' }), at(2, 4), candidates)).toEqual({
      kind: 'chosen',
      isFar: false,
      items: [
        expect.objectContaining({ itemId: 2, role: 'before', offsetSeconds: -2 * 3600, weight: 5 / 7 }),
        expect.objectContaining({ itemId: 3, role: 'after', offsetSeconds: 5 * 3600, weight: 2 / 7 }),
      ],
    });
  });

  it('extrapolates from one side, and takes one in the very middle alone', () => {
    const interpolate = rule({ policy: 'interpolate', max_offset: '3 h', warn_offset: '1 h' });
    const candidates = [candidate(1, [0, 2]), candidate(2, [8, 10])];
    const one = (target: AssociationTarget) => chooseAssociation(interpolate, target, candidates);
    expect(one(at(3))).toMatchObject({
      items: [{ itemId: 1, role: 'before', method: 'extrapolated', weight: 1 }],
      isFar: true,
    });
    expect(one(at(9))).toMatchObject({ items: [{ itemId: 2, role: 'only', weight: 1 }], isFar: false });
    expect(one(at(5))).toEqual(NONE);
  });

  it('only what agrees in the dimensions of "same" is looked at', () => {
    const band = rule({ policy: 'newest', same: ['band', 'module'] });
    const candidates = [
      candidate(1, [0, 9], { dims: { band: 1, module: 'a', night: 3 } }),
      candidate(2, [0, 9], { dims: { band: '1', module: 'a' } }),
      candidate(3, [0, 9], { dims: { band: 1 } }),
    ];
    const inBand = at(5, 5, { band: 1, module: 'a', source: 'm17' });
    expect(idsOf(chooseAssociation(band, inBand, candidates))).toEqual([1]);
    expect(chooseAssociation(band, at(5, 5, { band: 1, module: null }), candidates)).toEqual({
      kind: 'missing',
      reason: 'no_such_dim',
    });
  });

  it('for a sub-group without times every validity will do, but nothing can be interpolated', () => {
    const candidates = [candidate(1, [0, 1], { registeredAtMs: 2 }), candidate(2, [5, 6])];
    const pick = (policy: string) => chooseAssociation(rule({ policy }), at(null), candidates);
    expect(idsOf(pick('newest'))).toEqual([1]);
    expect(idsOf(pick('nearest'))).toEqual([1]);
    expect(idsOf(pick('covering'))).toEqual([2]);
    expect(pick('interpolate')).toEqual({ kind: 'missing', reason: 'no_time' });
  });
});

describe('associationHashes', () => {
  it('tell a member, a binding, its role and its content apart', () => {
    const bound = { name: 'dark', role: 'only', itemId: 7, contentHash: 'b'.repeat(64) } as const;
    const hashes = [
      itemHashes(7, bound.contentHash),
      associationHashes(bound),
      associationHashes({ ...bound, name: 'flat' }),
      associationHashes({ ...bound, role: 'before' }),
      associationHashes({ ...bound, itemId: 8 }),
      associationHashes({ ...bound, contentHash: 'c'.repeat(64) }),
    ];
    expect(new Set(hashes.flat()).size).toBe(2 * hashes.length);
    expect(associationHashes({ ...bound })).toEqual(associationHashes(bound));
  });
});
