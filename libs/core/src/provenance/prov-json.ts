import { canonicalJson, type Json, type JsonObject } from '../shared/json.js';
import {
  agentKey,
  entitiesOf,
  entityKey,
  runKey,
  softwareKey,
  softwareOf,
  type NamedSoftware,
  type ProvenanceDocument,
  type ProvenanceEntity,
  type ProvenanceRun,
} from './provenance-document.js';

const id = (key: string): string => `meridian:${key}`;
const qualified = (name: string): JsonObject => ({ $: name, type: 'prov:QUALIFIED_NAME' });
const long = (value: number): JsonObject => ({ $: String(value), type: 'xsd:long' });

/**
 * W3C PROV-JSON (SUBM-prov-json-20130424): items with a content are entities, runs are activities, software versions and the owners of
 * pipelines are agents, recipes are plans. Identifiers are `meridian:<key>`, where the prefix names the installation.
 */
export function toProvJson(document: ProvenanceDocument): JsonObject {
  const { installation, runs, used, generated } = document;
  const owners = [...new Set(runs.map(({ owner }) => owner))].sort();
  return {
    prefix: { meridian: `urn:meridian:${installation}:` },
    entity: {
      ...Object.fromEntries(entitiesOf(document).map((entity) => [id(entity.key), entityOf(entity)])),
      ...Object.fromEntries(
        [...new Set(runs.map(({ recipeHash }) => recipeHash))].map((hash) => [
          id(recipeKey(hash)),
          recipe(hash),
        ]),
      ),
    },
    activity: Object.fromEntries(runs.map((run) => [id(runKey(run.id)), activityOf(run)])),
    agent: {
      ...Object.fromEntries(softwareOf(document).map((one) => [id(one.key), softwareAgent(one)])),
      ...Object.fromEntries(owners.map((owner) => [id(agentKey(owner)), { 'prov:label': owner }])),
    },
    used: numbered('used', used, ({ runId, itemId, sha256, binding }) => ({
      'prov:activity': id(runKey(runId)),
      'prov:entity': id(entityKey(itemId, sha256)),
      ...(binding === '' ? {} : { 'prov:role': binding }),
    })),
    wasGeneratedBy: numbered('generated', generated, ({ runId, itemId, sha256 }) => ({
      'prov:activity': id(runKey(runId)),
      'prov:entity': id(entityKey(itemId, sha256)),
    })),
    wasAssociatedWith: numbered('associated', runs, ({ id: runId, software, recipeHash }) => ({
      'prov:activity': id(runKey(runId)),
      'prov:agent': id(softwareKey(software)),
      'prov:plan': id(recipeKey(recipeHash)),
    })),
    actedOnBehalfOf: numbered('behalf', runs, ({ id: runId, software, owner }) => ({
      'prov:activity': id(runKey(runId)),
      'prov:delegate': id(softwareKey(software)),
      'prov:responsible': id(agentKey(owner)),
    })),
  };
}

const recipeKey = (hash: string): string => `recipe-${hash}`;
const recipe = (hash: string): JsonObject => ({
  'prov:type': qualified('prov:Plan'),
  'meridian:sha256': hash,
});

const numbered = <Row>(
  name: string,
  rows: readonly Row[],
  relation: (row: Row) => JsonObject,
): Record<string, JsonObject> =>
  Object.fromEntries(rows.map((row, index) => [`_:${name}-${index + 1}`, relation(row)]));

function entityOf({ item, sha256, isOutdated }: ProvenanceEntity): JsonObject {
  return {
    'prov:label': item.name,
    'prov:type': qualified(id(item.type ?? item.kind)),
    'meridian:item': long(item.id),
    'meridian:sha256': sha256,
    // What a replaced content measured is not kept.
    ...(isOutdated ? { 'meridian:outdated': true } : { 'meridian:size_bytes': long(item.sizeBytes) }),
    ...(item.externalId === null ? {} : { 'meridian:external_id': item.externalId }),
    ...(item.observedAt === null ? {} : { 'meridian:observed_at': dateTime(item.observedAt) }),
    ...documented('meridian:dims', item.dims),
  };
}

function activityOf(run: ProvenanceRun): JsonObject {
  return {
    ...(run.startedAt === null ? {} : { 'prov:startTime': run.startedAt }),
    ...(run.endedAt === null ? {} : { 'prov:endTime': run.endedAt }),
    'prov:label': `${run.pipeline}/${run.step} run ${run.id}`,
    'meridian:run': long(run.id),
    'meridian:attempt': long(run.attempt),
    'meridian:status': run.status,
    'prov:location': run.location,
    ...(run.host === null ? {} : { 'meridian:host': run.host }),
    ...documented('meridian:parameters', run.parameters),
    ...documented('meridian:dims', run.dims),
  };
}

const dateTime = (time: string): JsonObject => ({ $: time, type: 'xsd:dateTime' });
/** Its canonical text: PROV attributes have no structure. */
const documented = (name: string, value: JsonObject): Record<string, Json> =>
  Object.keys(value).length === 0 ? {} : { [name]: canonicalJson(value) };

function softwareAgent({ software }: NamedSoftware): JsonObject {
  const { name, version, digest, image, imageDigest, hostDirectory, command } = software;
  return {
    'prov:type': qualified('prov:SoftwareAgent'),
    'prov:label': `${name} ${version}`,
    'meridian:digest': digest,
    ...(image === null ? {} : { 'meridian:image': image }),
    ...(imageDigest === null ? {} : { 'meridian:image_digest': imageDigest }),
    ...(hostDirectory === null ? {} : { 'meridian:host_directory': hostDirectory }),
    'meridian:command': canonicalJson(command),
  };
}
