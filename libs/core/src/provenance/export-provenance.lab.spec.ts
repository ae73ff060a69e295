import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportProvenance, type ProvenanceFormat } from './export-provenance.js';
import { anObservation } from './testing/an-observation.js';

/** Debian's Python, with packages that the lab installs; other people's readers of our documents. */
const PYTHON = '/usr/bin/python3';

/** What a program says, as JSON, of an export that it reads from standard input. */
function read(format: ProvenanceFormat, program: string): unknown {
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', program], {
    input: exportProvenance(anObservation(), format).text,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', PYTHONIOENCODING: 'utf8' },
  });
  if (status !== 0) throw new Error(`${PYTHON} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

const VALIDATOR = process.env['MERIDIAN_ROCRATE_VALIDATOR'];
// `npm run test:lab` installs it where Python's package index can be reached; elsewhere it says so, and counts this test as skipped.
const ifInstalled = VALIDATOR === undefined ? it.skip : it;

const schemaOrg = (names: string): Record<string, string> =>
  Object.fromEntries(names.split(' ').map((name) => [name, `http://schema.org/${name}`]));
const TERMS = 'https://w3id.org/ro/terms/workflow-run#';

/** What the web says at these addresses of the terms that are used; no other term is known. */
const CONTEXTS = {
  'https://w3id.org/ro/crate/1.1/context': {
    '@context': {
      ...schemaOrg('CreateAction CreativeWork Dataset Organization Person PropertyValue SoftwareApplication'),
      ...schemaOrg('about actionStatus additionalType agent author contentSize dateModified datePublished'),
      ...schemaOrg('description encodingFormat endTime hasPart identifier instrument license mentions name'),
      ...schemaOrg('object publisher result softwareVersion startTime url value version'),
      File: 'http://schema.org/MediaObject',
      conformsTo: 'http://purl.org/dc/terms/conformsTo',
    },
  },
  'https://w3id.org/ro/terms/workflow-run/context': {
    '@context': Object.fromEntries(
      ['containerImage', 'ContainerImage', 'registry', 'tag', 'sha256'].map((name) => [name, TERMS + name]),
    ),
  },
};

/** What RO-Crate 1.1 and Process Run Crate 0.5 require, and this document has not. */
function missingIn(metadata: string): unknown {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-crate-'));
  const inside = (name: string): string => join(directory, name);
  try {
    writeFileSync(inside('ro-crate-metadata.json'), metadata);
    writeFileSync(inside('contexts.json'), JSON.stringify(CONTEXTS));
    const program = join(__dirname, 'testing/validate-ro-crate.py');
    const given = [program, directory, inside('contexts.json'), inside('findings.json')];
    const { status, stderr } = spawnSync(String(VALIDATOR), given, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`rocrate-validator ended with ${status}: ${stderr}`);
    return JSON.parse(readFileSync(inside('findings.json'), 'utf8'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('exports of provenance, read by others', () => {
  it('are PROV-JSON to python3-prov: it finds every record, and what it writes again means the same', () => {
    const found = read(
      'prov-json',
      `
import collections, json, sys
from prov.model import ProvDocument
document = ProvDocument.deserialize(content=sys.stdin.read(), format='json')
again = ProvDocument.deserialize(content=document.serialize(format='json'), format='json')
kinds = collections.Counter(record.get_type().localpart for record in document.get_records())
raw = [str(value) for record in document.get_records() for name, value in record.attributes if name.localpart == 'sha256' and 'RAW_DATA_FILE' in str(record.get_asserted_types())]
print(json.dumps({'same': document == again, 'kinds': kinds, 'raw': sorted(raw), 'provn': len(document.get_provn()) > 0}))`,
    );
    expect(found).toEqual({
      same: true,
      kinds: { Entity: 8, Activity: 3, Agent: 3, Usage: 6, Generation: 3, Association: 3, Delegation: 3 },
      raw: ['0', '1', '2', '3'].map((digit) => digit.repeat(64)),
      provn: true,
    });
  });

  it('are a VOTable without a fault to astropy, with a table for each class of the model', () => {
    const found = read(
      'ivoa',
      `
import io, json, sys, warnings
from astropy.io.votable import parse
warnings.simplefilter('error')
document = parse(io.BytesIO(sys.stdin.buffer.read()), verify='exception')
tables = {table.name: table for table in document.iter_tables()}
print(json.dumps({'rows': {name: len(table.array) for name, table in tables.items()},
  'utypes': [field.utype for field in tables['Used'].fields],
  'first': str(tables['Entity'].array['name'][0]), 'parameter': str(tables['Parameter'].array['value'][1])}))`,
    );
    expect(found).toEqual({
      rows: {
        ...{
          Entity: 7,
          EntityDescription: 3,
          Used: 6,
          WasGeneratedBy: 3,
          Activity: 3,
          ActivityDescription: 2,
        },
        ...{ Agent: 3, WasAssociatedWith: 6, Parameter: 4, WasConfiguredBy: 4 },
      },
      utypes: ['role', 'time', 'activity', 'entity'].map((name) => `voprov:Used.${name}`),
      first: 'tile <1> & "a".fits',
      parameter: 'a "b" <c>',
    });
  });

  it('are JSON-LD to rdflib: a query leads from the result over the runs to the checksums of the raw files', () => {
    const found = read(
      'ro-crate',
      `
import json, sys
from rdflib import Graph
crate = json.load(sys.stdin)
# The public contexts are on the web, where a test has no business: what they say of the terms that are asked for.
terms = 'https://w3id.org/ro/terms/workflow-run#'
crate['@context'] = {'@vocab': 'http://schema.org/', 'File': 'http://schema.org/MediaObject', 'hasPart': 'http://schema.org/hasPart',
  'sha256': terms + 'sha256', 'containerImage': terms + 'containerImage', 'ContainerImage': terms + 'ContainerImage', 'conformsTo': 'http://purl.org/dc/terms/conformsTo'}
graph = Graph().parse(data=json.dumps(crate), format='json-ld', publicID='https://crate.example.org/')
rows = graph.query('''
PREFIX s: <http://schema.org/> PREFIX t: <https://w3id.org/ro/terms/workflow-run#>
SELECT DISTINCT ?sha WHERE {
  <urn:meridian:abcd1234:item-6-666666666666> (^s:result/s:object)+ ?input . ?input a s:MediaObject ; t:sha256 ?sha .
  FILTER NOT EXISTS { ?maker s:result ?input } }''')
print(json.dumps(sorted(str(row.sha) for row in rows)))`,
    );
    expect(found).toEqual(['0', '1', '2', '3'].map((digit) => digit.repeat(64)));
  });

  ifInstalled('are a Process Run Crate to rocrate-validator, which misses what is taken away', () => {
    const crate = exportProvenance(anObservation(), 'ro-crate').text;
    expect(missingIn(crate)).toEqual([]);
    expect(missingIn(crate.replaceAll('"instrument"', '"instrumental"'))).toEqual([
      'The Action MUST have an instrument property that references the executed tool',
    ]);
  });
});
