import { canonicalJson, type Json } from '../shared/json.js';
import {
  agentKey,
  entitiesOf,
  entityKey,
  runKey,
  softwareKey,
  softwareOf,
  type ProvenanceDocument,
} from './provenance-document.js';

/** The rows of one class of the model: columns are its attributes and its references. */
interface ClassTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/**
 * The IVOA Provenance Data Model 1.0 as a VOTable 1.4: a table for each class of the model, its columns with the utypes of the model.
 *
 * Of the serialisations that the model names, this is the one that virtual observatory tools read; W3C's, which say the same, are there for
 * whoever wants those (`toProvJson`).
 */
export function toIvoaVotable(document: ProvenanceDocument): string {
  const { installation, subject } = document;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">',
    `<DESCRIPTION>Provenance of ${subject.kind} ${subject.id} (${escape(subject.name)}) of Meridian ${escape(installation)}, in the classes of the IVOA Provenance Data Model 1.0</DESCRIPTION>`,
    '<RESOURCE type="results" name="provenance">',
    ...tablesOf(document).flatMap(tableLines),
    '</RESOURCE>',
    '</VOTABLE>',
    '',
  ].join('\n');
}

function tablesOf(document: ProvenanceDocument): ClassTable[] {
  return [
    ...entityTables(document),
    ...activityTables(document),
    ...agentTables(document),
    ...parameterTables(document),
  ];
}

function entityTables(document: ProvenanceDocument): ClassTable[] {
  const entities = entitiesOf(document);
  const startedAt = new Map(document.runs.map((run) => [run.id, run.startedAt]));
  const kinds = [...new Set(entities.map(({ item }) => item.type ?? item.kind))].sort();
  return [
    {
      name: 'Entity',
      // A checksum has no place in the model but a comment.
      columns: ['id', 'name', 'location', 'generatedAtTime', 'comment', 'entityDescription'],
      rows: entities.map(({ key, item, sha256 }) => [
        key,
        item.name,
        item.externalId,
        item.kind === 'DATA_PRODUCT' ? item.registeredAt : item.observedAt,
        `sha256:${sha256}`,
        kindKey(item.type ?? item.kind),
      ]),
    },
    {
      name: 'EntityDescription',
      columns: ['id', 'name', 'type'],
      rows: kinds.map((kind) => [kindKey(kind), kind, 'DatasetDescription']),
    },
    {
      name: 'Used',
      columns: ['role', 'time', 'activity', 'entity'],
      rows: document.used.map(({ runId, itemId, sha256, binding }) => [
        binding === '' ? 'member' : binding,
        startedAt.get(runId) ?? null,
        runKey(runId),
        entityKey(itemId, sha256),
      ]),
    },
    {
      name: 'WasGeneratedBy',
      columns: ['role', 'entity', 'activity'],
      rows: document.generated.map(({ runId, itemId, sha256 }) => [
        null,
        entityKey(itemId, sha256),
        runKey(runId),
      ]),
    },
  ];
}

const kindKey = (kind: string): string => `kind-${kind}`;
const stepKey = (pipeline: string, step: string): string => `step-${pipeline}-${step}`;

function activityTables({ runs }: ProvenanceDocument): ClassTable[] {
  const steps = new Map(
    runs.map((run) => [`${stepKey(run.pipeline, run.step)} ${softwareKey(run.software)}`, run]),
  );
  return [
    {
      name: 'Activity',
      columns: ['id', 'name', 'startTime', 'endTime', 'comment', 'activityDescription'],
      rows: runs.map((run) => [
        runKey(run.id),
        `${run.pipeline}/${run.step} run ${run.id}`,
        run.startedAt,
        run.endedAt,
        `recipe ${run.recipeHash}, attempt ${run.attempt} at ${run.location}${run.host === null ? '' : ` on ${run.host}`}`,
        `${stepKey(run.pipeline, run.step)}-${softwareKey(run.software)}`,
      ]),
    },
    {
      name: 'ActivityDescription',
      columns: ['id', 'name', 'version', 'description', 'type'],
      rows: [...steps.values()].map(({ pipeline, step, software }) => [
        `${stepKey(pipeline, step)}-${softwareKey(software)}`,
        `${pipeline}/${step}`,
        `${software.name} ${software.version}`,
        `${software.digest}${software.imageDigest === null ? '' : `, image ${software.image ?? ''} ${software.imageDigest}`}`,
        'Reduction',
      ]),
    },
  ];
}

function agentTables(document: ProvenanceDocument): ClassTable[] {
  const owners = [...new Set(document.runs.map(({ owner }) => owner))].sort();
  return [
    {
      name: 'Agent',
      columns: ['id', 'name', 'type', 'comment'],
      rows: [
        ...softwareOf(document).map(({ key, software }) => [
          key,
          `${software.name} ${software.version}`,
          'SoftwareAgent',
          software.digest,
        ]),
        ...owners.map((owner) => [agentKey(owner), owner, null, 'owner of a pipeline']),
      ],
    },
    {
      name: 'WasAssociatedWith',
      columns: ['role', 'activity', 'agent'],
      rows: document.runs.flatMap(({ id, software, owner }) => [
        ['Operator', runKey(id), softwareKey(software)],
        ['Coordinator', runKey(id), agentKey(owner)],
      ]),
    },
  ];
}

function parameterTables({ runs }: ProvenanceDocument): ClassTable[] {
  const parameters = runs.flatMap(({ id, parameters: given }) =>
    Object.keys(given)
      .sort()
      .map((name) => ({ id, name, value: given[name] ?? null, key: `${runKey(id)}-${name}` })),
  );
  return [
    {
      name: 'Parameter',
      columns: ['id', 'name', 'value'],
      rows: parameters.map(({ key, name, value }) => [key, name, text(value)]),
    },
    {
      name: 'WasConfiguredBy',
      columns: ['artefactType', 'activity', 'parameter'],
      rows: parameters.map(({ id, key }) => ['Parameter', runKey(id), key]),
    },
  ];
}

const text = (value: Json): string => (typeof value === 'string' ? value : canonicalJson(value));

function tableLines({ name, columns, rows }: ClassTable): string[] {
  return [
    `<TABLE name="${name}" utype="voprov:${name}" nrows="${rows.length}">`,
    ...columns.map(
      (column) =>
        `<FIELD name="${column}" datatype="unicodeChar" arraysize="*" utype="voprov:${name}.${column}"/>`,
    ),
    '<DATA>',
    '<TABLEDATA>',
    ...rows.map((row) => `<TR>${row.map((cell) => `<TD>${escape(cell ?? '')}</TD>`).join('')}</TR>`),
    '</TABLEDATA>',
    '</DATA>',
    '</TABLE>',
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** XML cannot hold control characters, not even escaped. */
const escape = (value: string): string =>
  value
    .replace(/[\p{Cc}\p{Cs}\u{fffe}\u{ffff}]/gu, (sign) =>
      sign === '\t' || sign === '\n' ? ' ' : '\u{fffd}',
    )
    .replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
