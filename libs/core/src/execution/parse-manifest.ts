import { DomainError } from '../shared/domain-error.js';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.js';
import { messageOf } from '../shared/message-of.js';
import { CONTRACT_VERSION, type Manifest } from './manifest.js';

/**
 * A manifest that some attempt was given, out of its text, with all that its record is made again from.
 *
 * @throws DomainError `manifest.invalid`, also for one that was written before manifests said where they came from
 */
export function parseManifest(text: string): Manifest {
  const manifest = objectOf(parseJson(text), 'the manifest');
  if (manifest['contract_version'] !== CONTRACT_VERSION)
    throw invalid(`contract_version is not ${CONTRACT_VERSION}`);
  if (manifest['provenance'] === undefined)
    throw invalid('it has no provenance: it was written by an older version of Meridian');
  checkMembers(manifest, 'the manifest', {
    ...{ pipeline: 'string', step: 'string', is_final_step: 'boolean' },
    ...{ run: 'object', software: 'object', config: 'object', resources: 'object', outputs: 'object' },
  });
  checkMembers(manifest['run'], 'run', { id: 'number', attempt: 'number', dims: 'object' });
  checkMembers(manifest['software'], 'software', { name: 'string', version: 'string', digest: 'string' });
  checkMembers(manifest['resources'], 'resources', {
    ...{ cpus: 'number', memory_mb: 'number', walltime_minutes: 'number' },
  });
  checkProvenance(manifest['provenance']);
  const { inputs } = manifest;
  if (!Array.isArray(inputs)) throw invalid('inputs is not a list');
  for (const input of inputs as readonly Json[]) checkInput(input);
  return manifest as unknown as Manifest;
}

function checkProvenance(provenance: Json): void {
  checkMembers(provenance, 'provenance', {
    ...{ location: 'string', sub_group: 'object', recipe: 'object', software_hash: 'string' },
    ...{ config_hash: 'string', priority: 'number', created_at: 'string' },
  });
  const { sub_group: subGroup, recipe, causes, remakes_run: remakes } = provenance as JsonObject;
  checkMembers(subGroup, 'sub_group', { key: 'string', dims: 'object' });
  checkMembers(recipe, 'recipe', { hash: 'string', document: 'object' });
  if (!Array.isArray(causes)) throw invalid('causes is not a list');
  if (remakes !== null && typeof remakes !== 'number') throw invalid('remakes_run is neither null nor a run');
}

function checkInput(input: Json): void {
  checkMembers(input, 'an input', {
    ...{ id: 'number', name: 'string', size_bytes: 'number', sha256: 'string', role: 'string' },
  });
  const { name, external_id: externalId, made_by: madeBy, role, binding, association } = input as JsonObject;
  if (typeof externalId !== 'string' && madeBy === undefined)
    throw invalid(`input ${JSON.stringify(name)} says neither its external id nor what made it`);
  if (madeBy !== undefined) checkMembers(madeBy, 'made_by', { token: 'string', path: 'string' });
  if (role !== 'association') return;
  if (typeof binding !== 'string') throw invalid('a bound input has no binding');
  checkMembers(association, 'association', {
    ...{ role: 'string', method: 'string', offset_seconds: 'number', weight: 'number' },
  });
}

type Kind = 'string' | 'number' | 'boolean' | 'object';

function checkMembers(value: Json | undefined, what: string, members: Readonly<Record<string, Kind>>): void {
  const object = objectOf(value ?? null, what);
  for (const [name, kind] of Object.entries(members)) {
    const member = object[name];
    if (typeof member !== kind || (kind === 'object' && !isJsonObject(member)))
      throw invalid(`${name} of ${what} is not a ${kind}`);
  }
}

function objectOf(value: Json, what: string): JsonObject {
  if (!isJsonObject(value)) throw invalid(`${what} is not an object`);
  return value;
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

const invalid = (why: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'manifest.invalid',
    message: `The manifest cannot be used: ${why}.`,
    action: 'Look at the attempt directory; what is in it can be registered by hand.',
  });
