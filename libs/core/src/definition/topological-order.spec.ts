import fc from 'fast-check';
import { topologicalOrder, type GraphNode } from './topological-order.js';

const node = (name: string, ...dependsOn: string[]): GraphNode => ({ name, dependsOn });

describe('topologicalOrder', () => {
  it.each<[string, GraphNode[], readonly string[]]>([
    ['nothing', [], []],
    ['a chain written backwards', [node('c', 'b'), node('b', 'a'), node('a')], ['a', 'b', 'c']],
    ['a diamond', [node('d', 'b', 'c'), node('b', 'a'), node('c', 'a'), node('a')], ['a', 'b', 'c', 'd']],
    ['independent nodes in the order of the file', [node('z'), node('a')], ['z', 'a']],
    ['names that are no nodes', [node('a', 'elsewhere')], ['a']],
  ])('orders %s', (_, nodes, names) => {
    expect(topologicalOrder(nodes)).toEqual({ kind: 'ordered', names });
  });

  it('names a circle from its first node back to it, without what merely leads there', () => {
    const nodes = [node('start', 'a'), node('a', 'b'), node('b', 'c'), node('c', 'a'), node('free')];
    expect(topologicalOrder(nodes)).toEqual({ kind: 'cyclic', cycle: ['a', 'b', 'c', 'a'] });
  });

  it('puts every node of a random acyclic graph after those it depends on, once', () => {
    const graphs = fc.integer({ min: 1, max: 12 }).chain((size) =>
      fc.tuple(
        fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 40 }),
        fc.shuffledSubarray(
          Array.from({ length: size }, (_, index) => index),
          { minLength: size },
        ),
      ),
    );
    fc.assert(
      fc.property(graphs, ([pairs, order]) => {
        const nodes = order.map((index) =>
          node(
            `n${index}`,
            ...pairs.filter(([high, low]) => high === index && low < index).map(([, low]) => `n${low}`),
          ),
        );
        const result = topologicalOrder(nodes);
        const names = result.kind === 'ordered' ? result.names : [];
        expect([...names].sort()).toEqual(nodes.map(({ name }) => name).sort());
        for (const { name, dependsOn } of nodes) {
          for (const upstream of dependsOn) expect(names.indexOf(upstream)).toBeLessThan(names.indexOf(name));
        }
      }),
    );
  });

  it('every circle it names is one', () => {
    const graphs = fc.array(fc.tuple(fc.nat(6), fc.uniqueArray(fc.nat(6), { maxLength: 3 })), {
      minLength: 1,
      maxLength: 7,
    });
    fc.assert(
      fc.property(graphs, (entries) => {
        const edges = new Map(
          entries.map(([name, dependsOn]) => [`n${name}`, dependsOn.map((one) => `n${one}`)]),
        );
        const result = topologicalOrder([...edges].map(([name, dependsOn]) => node(name, ...dependsOn)));
        if (result.kind === 'ordered') return;
        result.cycle
          .slice(1)
          .forEach((name, index) => expect(edges.get(result.cycle[index] ?? '')).toContain(name));
        expect(result.cycle.at(0)).toBe(result.cycle.at(-1));
      }),
    );
  });
});
