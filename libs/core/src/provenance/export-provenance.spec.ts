import type { Json } from '../shared/json.js';
import { exportProvenance, PROVENANCE_FORMATS } from './export-provenance.js';
import { entitiesOf } from './provenance-document.js';
import { anObservation } from './testing/an-observation.js';

const observation = anObservation();
type Graph = readonly { readonly '@id': string; readonly [name: string]: Json }[];
const crate = (): Graph =>
  (JSON.parse(exportProvenance(observation, 'ro-crate').text) as { '@graph': Graph })['@graph'];
const prov = () =>
  JSON.parse(exportProvenance(observation, 'prov-json').text) as Record<
    string,
    Record<string, Record<string, string>>
  >;

/** Every `{"@id": …}` that stands for another thing. */
const references = (value: Json): string[] => {
  if (Array.isArray(value)) return value.flatMap((one) => references(one as Json));
  if (typeof value !== 'object' || value === null) return [];
  const { '@id': id, ...rest } = value as { '@id'?: string };
  return Object.keys(rest).length === 0 && id !== undefined ? [id] : references(Object.values(rest));
};

describe('exports of provenance', () => {
  it('are the same bytes each time, in every format, and name every content by its checksum', () => {
    for (const format of PROVENANCE_FORMATS) {
      const { text } = exportProvenance(observation, format);
      expect(exportProvenance(anObservation(), format).text).toBe(text);
      for (const { sha256 } of entitiesOf(observation)) expect(text).toContain(sha256);
    }
  });

  it('tell an item from what it was before it was replaced', () => {
    const outdated = entitiesOf(observation).filter(({ isOutdated }) => isOutdated);
    expect(outdated.map(({ key }) => key)).toEqual(['item-1-000000000000']);
    expect(prov()['entity']?.['meridian:item-1-000000000000']).toMatchObject({ 'meridian:outdated': true });
    expect(prov()['entity']?.['meridian:item-1-000000000000']).not.toHaveProperty('meridian:size_bytes');
    const used = Object.values(prov()['used'] ?? {});
    expect(used.filter((use) => use['prov:activity'] === 'meridian:run-11')).toEqual([
      { 'prov:activity': 'meridian:run-11', 'prov:entity': 'meridian:item-1-000000000000' },
      {
        'prov:activity': 'meridian:run-11',
        'prov:entity': 'meridian:item-3-333333333333',
        'prov:role': 'dark',
      },
    ]);
  });

  it('name in PROV-JSON nothing that is not described there', () => {
    const { used, wasGeneratedBy, wasAssociatedWith, actedOnBehalfOf, entity, activity, agent } = prov();
    const described = new Set([entity, activity, agent].flatMap((all) => Object.keys(all ?? {})));
    const named = [used, wasGeneratedBy, wasAssociatedWith, actedOnBehalfOf].flatMap((all) =>
      Object.values(all ?? {}).flatMap((relation) =>
        Object.entries(relation).flatMap(([role, name]) => (role === 'prov:role' ? [] : [name])),
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !described.has(name))).toEqual([]);
  });

  it('describe in a crate everything once that it refers to, and list every file and run at the root', () => {
    const graph = crate();
    const ids = graph.map((node) => node['@id']);
    expect(new Set(ids).size).toBe(ids.length);
    const external = /^https:\/\/w3id\.org\/ro\//;
    const dangling = graph
      .flatMap((node) => references(Object.values(node) as Json))
      .filter((id) => !ids.includes(id) && !external.test(id));
    expect(dangling).toEqual([]);
    const ofType = (type: string) =>
      graph.filter((node) => node['@type'] === type).map((node) => ({ '@id': node['@id'] }));
    const root = graph.find((node) => node['@id'] === './');
    expect(root?.['hasPart']).toEqual(ofType('File'));
    expect(root?.['mentions']).toEqual(ofType('CreateAction'));
    expect(root?.['datePublished']).toBe('2026-05-01T02:00:00.000Z');
  });

  it('say in a crate which image with which digest ran with which parameters', () => {
    const graph = crate();
    const action = graph.find((node) => node['@id'] === 'urn:meridian:abcd1234:run-11');
    const image = graph.find((node) => node['@type'] === 'ContainerImage');
    expect(action?.['containerImage']).toEqual({ '@id': image?.['@id'] });
    expect(image).toMatchObject({
      registry: 'registry.example.org',
      name: 'extract',
      tag: '1.2.0',
      sha256: 'c'.repeat(64),
    });
    const parameters = graph
      .filter((node) => node['@type'] === 'PropertyValue')
      .map(({ name, value }) => [name, value]);
    expect(parameters).toEqual([
      ['fit', '{"order":2}'],
      ['label', 'a "b" <c>'],
      ['nothing', 'null'],
      ['threshold', '3.5'],
    ]);
  });

  it('tell different names apart whatever signs they have', () => {
    const [run] = observation.runs;
    if (run === undefined) throw new Error('no run');
    const named = ['a b', 'a_b', 'a:b', 'a/b', 'a_20_b'].map((name, index) => ({
      ...run,
      id: index + 1,
      software: { ...run.software, name },
    }));
    const { text } = exportProvenance({ ...observation, runs: named, used: [], generated: [] }, 'prov-json');
    const agents = Object.keys((JSON.parse(text) as { agent: object }).agent);
    expect(agents.filter((name) => name.startsWith('meridian:software-'))).toHaveLength(5);
    for (const agent of agents) expect(agent).toMatch(/^meridian:[A-Za-z0-9._-]+$/);
  });

  it('hold in XML only what XML can hold', () => {
    const items = observation.items.map((item) => ({ ...item, name: `bell \u0007 & <b> "q" \ud800` }));
    const { text } = exportProvenance({ ...observation, items }, 'ivoa');
    expect(text).toContain('<TD>bell \ufffd &amp; &lt;b&gt; &quot;q&quot; \ufffd</TD>');
  });
});
