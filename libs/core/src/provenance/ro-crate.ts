import { parseImageReference } from '../execution/image-reference.js';
import { canonicalJson, type Json, type JsonObject } from '../shared/json.js';
import {
  agentKey,
  entitiesByRun,
  entitiesOf,
  newestTime,
  runKey,
  softwareKey,
  softwareOf,
  type NamedSoftware,
  type ProvenanceDocument,
  type ProvenanceEntity,
  type ProvenanceRun,
  type ProvenanceSoftware,
} from './provenance-document.js';

const CRATE = 'https://w3id.org/ro/crate/1.1';
const TERMS = 'https://w3id.org/ro/terms/workflow-run';
const PROFILE = 'https://w3id.org/ro/wfrun/process/0.5';
const ACTION_STATUS: Readonly<Record<string, string>> = {
  COMPLETED: 'http://schema.org/CompletedActionStatus',
  COMPLETED_WITH_WARNINGS: 'http://schema.org/CompletedActionStatus',
  FAILED: 'http://schema.org/FailedActionStatus',
  CANCELLED: 'http://schema.org/FailedActionStatus',
};
const FORMATS: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  fits: 'application/fits',
  fit: 'application/fits',
  fz: 'application/fits',
  json: 'application/json',
  png: 'image/png',
  txt: 'text/plain',
  log: 'text/plain',
};

const ref = (id: string): JsonObject => ({ '@id': id });
/** JSON-LD compacted: a list of one is the one. */
const oneOrMore = (list: readonly Json[]): Json => (list.length === 1 ? (list[0] ?? null) : list);
/** As the profile wants times: with an offset. */
const offsetTime = (time: string): string => time.replace(/Z$/, '+00:00');

/**
 * `ro-crate-metadata.json` of a Process Run Crate, the profile of the Workflow Run RO-Crate collection for tools that ran one after another:
 * runs are actions, software versions their instruments. A crate without payload: files are named by URN, with their checksums.
 */
export function toRoCrate(document: ProvenanceDocument): JsonObject {
  const { installation, runs } = document;
  const urn = (key: string): string => `urn:meridian:${installation}:${key}`;
  const entities = entitiesOf(document);
  const software = softwareOf(document);
  const [used, generated] = [entitiesByRun(document.used), entitiesByRun(document.generated)];
  return {
    '@context': [`${CRATE}/context`, `${TERMS}/context`],
    '@graph': [
      {
        ...{ '@id': 'ro-crate-metadata.json', '@type': 'CreativeWork' },
        ...{ conformsTo: ref(CRATE), about: ref('./') },
      },
      rootOf(
        document,
        entities.map(({ key }) => urn(key)),
        runs.map(({ id }) => urn(runKey(id))),
      ),
      { '@id': PROFILE, '@type': 'CreativeWork', name: 'Process Run Crate', version: '0.5' },
      {
        '@id': '#license',
        '@type': 'CreativeWork',
        name: 'not stated',
        description: 'Ask the owner of the data.',
      },
      { '@id': '#installation', '@type': 'Organization', name: `Meridian ${installation}` },
      ...entities.map((entity) => fileOf(entity, urn)),
      ...software.map((one) => applicationOf(one, urn)),
      ...imagesOf(software, urn),
      ...runs.flatMap((run) => [
        actionOf(run, { used: used.get(run.id) ?? [], generated: generated.get(run.id) ?? [] }, urn),
        ...parametersOf(run),
      ]),
      ...ownersOf(document).map((owner) => ({
        '@id': `#${agentKey(owner)}`,
        '@type': 'Person',
        name: owner,
      })),
    ],
  };
}

const ownersOf = ({ runs }: ProvenanceDocument): string[] =>
  [...new Set(runs.map(({ owner }) => owner))].sort();

/** An image in its parts; one that is a file has only its path. */
function imageName(text: string): JsonObject {
  const image = parseImageReference(text);
  if (image.kind === 'file') return { name: image.path, additionalType: ref(`${TERMS}#SIFImage`) };
  const { registry, repository: name, tag } = image;
  return { registry, name, tag, additionalType: ref(`${TERMS}#DockerImage`) };
}

type Urn = (key: string) => string;

const rootOf = (
  document: ProvenanceDocument,
  files: readonly string[],
  actions: readonly string[],
): JsonObject => ({
  ...{ '@id': './', '@type': 'Dataset' },
  name: `Provenance of ${document.subject.kind} ${document.subject.id}: ${document.subject.name}`,
  description: `What ${document.subject.name} was made from, with every run, software version and checksum, as Meridian ${document.installation} recorded it.`,
  datePublished: newestTime(document),
  license: ref('#license'),
  conformsTo: ref(PROFILE),
  hasPart: oneOrMore(files.map(ref)),
  mentions: oneOrMore(actions.map(ref)),
  author: oneOrMore(ownersOf(document).map((owner) => ref(`#${agentKey(owner)}`))),
  publisher: ref('#installation'),
});

function fileOf({ key, item, sha256, isOutdated }: ProvenanceEntity, urn: Urn): JsonObject {
  const suffix = item.name.slice(item.name.lastIndexOf('.') + 1).toLowerCase();
  return {
    ...{ '@id': urn(key), '@type': 'File', name: item.name, sha256 },
    ...(isOutdated ? {} : { contentSize: String(item.sizeBytes) }),
    encodingFormat: FORMATS[suffix] ?? 'application/octet-stream',
    description: item.description === '' ? `${item.type ?? item.kind} ${item.id}` : item.description,
    ...(item.externalId === null ? {} : { identifier: item.externalId }),
    dateModified: item.registeredAt,
  };
}

const applicationOf = ({ key, software }: NamedSoftware, urn: Urn): JsonObject => ({
  ...{ '@id': urn(key), '@type': 'SoftwareApplication' },
  ...{ name: software.name, softwareVersion: software.version, url: urn(key) },
  identifier: software.digest,
  description: `Runs as ${canonicalJson(software.command)}${software.hostDirectory === null ? '' : ` from ${software.hostDirectory}`}`,
});

const imageId = ({ image, imageDigest }: ProvenanceSoftware): string =>
  `#image-${imageDigest ?? image ?? ''}`;

function imagesOf(software: readonly NamedSoftware[], urn: Urn): JsonObject[] {
  const images = new Map<string, JsonObject>();
  for (const { key, software: one } of software) {
    if (one.image === null) continue;
    images.set(imageId(one), {
      ...{ '@id': imageId(one), '@type': 'ContainerImage', ...imageName(one.image) },
      ...(one.imageDigest === null ? {} : { sha256: one.imageDigest.replace(/^sha256:/, '') }),
      description: `The image of ${urn(key)}`,
    });
  }
  return [...images.values()];
}

interface FilesOfRun {
  readonly used: readonly string[];
  readonly generated: readonly string[];
}

function actionOf(run: ProvenanceRun, { used, generated }: FilesOfRun, urn: Urn): JsonObject {
  const { id, software, status, owner } = run;
  const files = (keys: readonly string[]): JsonObject[] => keys.map((key) => ref(urn(key)));
  const actionStatus = ACTION_STATUS[status];
  return {
    ...{ '@id': urn(runKey(id)), '@type': 'CreateAction', name: `${run.pipeline}/${run.step} run ${id}` },
    description: `Recipe ${run.recipeHash}, attempt ${run.attempt} at ${run.location}${run.host === null ? '' : ` on ${run.host}`}`,
    instrument: ref(urn(softwareKey(software))),
    agent: ref(`#${agentKey(owner)}`),
    object: oneOrMore([...files(used), ...parameterNames(run).map((name) => ref(parameterId(id, name)))]),
    result: oneOrMore(files(generated)),
    ...(run.startedAt === null ? {} : { startTime: offsetTime(run.startedAt) }),
    ...(run.endedAt === null ? {} : { endTime: offsetTime(run.endedAt) }),
    ...(actionStatus === undefined ? {} : { actionStatus }),
    ...(software.image === null ? {} : { containerImage: ref(imageId(software)) }),
  };
}

const parameterNames = ({ parameters }: ProvenanceRun): string[] => Object.keys(parameters).sort();
const parameterId = (runId: number, name: string): string => `#${runKey(runId)}-${encodeURIComponent(name)}`;
const parametersOf = (run: ProvenanceRun): JsonObject[] =>
  parameterNames(run).map((name) => ({
    ...{ '@id': parameterId(run.id, name), '@type': 'PropertyValue', name },
    value: valueText(run.parameters[name] ?? null),
  }));

const valueText = (value: Json): string => (typeof value === 'string' ? value : canonicalJson(value));
