import { DocumentReader } from '../definition/document-reader.js';
import type { Problem } from '../shared/domain-error.js';
import type { Json } from '../shared/json.js';
import { parsePublication } from './parse-publication.js';
import { gateReasons, type GateFacts, type GateReasons, type PublicationGate } from './publication-rule.js';
import { PUBLICATION_STATES, PUBLICATION_TRANSITIONS, type PublicationState } from './publication-state.js';

const GATE: PublicationGate = { worst: 'WARN', reviewed: false, companions: [] };
const GOOD: GateFacts = {
  ...{ verdict: 'PASS', isReviewed: false, isSuperseded: false, isTainted: false, isVerified: true },
  companions: new Set(['SCIENCE']),
};

describe('the gate of publication', () => {
  it.each<[Partial<PublicationGate>, Partial<GateFacts>, Partial<GateReasons>]>([
    [{}, {}, {}],
    [{}, { verdict: 'WARN' }, {}],
    [
      {},
      { verdict: 'NEEDS_REVIEW' },
      { waits: ['its verdict is NEEDS_REVIEW, and WARN is the worst allowed'] },
    ],
    [
      { worst: 'NEEDS_REVIEW' },
      { verdict: 'FAIL' },
      { rejects: ['its verdict is FAIL, and NEEDS_REVIEW is the worst allowed'] },
    ],
    [{ worst: 'NEEDS_REVIEW' }, { verdict: null }, { waits: ['its run was not judged'] }],
    [{ reviewed: true }, {}, { waits: ['nobody has reviewed it'] }],
    [{ reviewed: true }, { isReviewed: true }, {}],
    [{}, { isSuperseded: true }, { rejects: ['a newer result has replaced it'] }],
    [{}, { isTainted: true }, { rejects: ['it is, or is made of, what was marked bad'] }],
    [{}, { isVerified: false }, { waits: ['its bytes are not there, or were not verified'] }],
    [{ companions: ['SCIENCE', 'PLOT'] }, {}, { waits: ['its run has no verified PLOT product'] }],
  ])('%j with %j: %j', (gate, facts, reasons) => {
    expect(gateReasons({ ...GATE, ...gate }, { ...GOOD, ...facts })).toEqual({
      rejects: [],
      waits: [],
      ...reasons,
    });
  });
});

describe('the life of a publication', () => {
  it('reaches its end from every state, and leaves withdrawn never', () => {
    const reaches = (from: PublicationState, seen = new Set<PublicationState>()): boolean =>
      from === 'withdrawn' ||
      (!seen.has(from) &&
        PUBLICATION_TRANSITIONS[from].some((next) => reaches(next, new Set([...seen, from]))));
    expect(PUBLICATION_STATES.filter((state) => !reaches(state))).toEqual([]);
    expect(PUBLICATION_TRANSITIONS.withdrawn).toEqual([]);
  });
});

describe('publication of a step', () => {
  const parse = (publication: Json) => {
    const problems: Problem[] = [];
    const rule = parsePublication(DocumentReader.of({ publication }, '', ['publication'], problems));
    return { rule, problems: problems.map(({ code, path }) => `${code} ${path}`) };
  };

  it('is read with every default', () => {
    expect(parse({ to: 'public' })).toEqual({
      problems: [],
      rule: {
        ...{ types: ['SCIENCE'], to: 'public', automatic: true, maxAttempts: 3 },
        gate: { worst: 'PASS', reviewed: false, companions: [] },
      },
    });
    expect(parse(null).rule).toBeNull();
  });

  it('needs a place, and types that there are; nothing that failed is ever published', () => {
    const { problems } = parse({ types: ['MAP'], gate: { worst: 'FAIL', companions: ['X'] } });
    expect(problems.sort()).toEqual([
      'definition.required /publication/to',
      'definition.value /publication/gate/companions/0',
      'definition.value /publication/gate/worst',
      'definition.value /publication/types/0',
    ]);
  });
});
