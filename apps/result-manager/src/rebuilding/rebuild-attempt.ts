import { join } from 'node:path';
import {
  ATTEMPT_FILES,
  classifyFailure,
  DomainError,
  jobToken,
  parseManifest,
  parseResultRecord,
  parseStepOutputs,
  readOutputs,
  type CollectedOutputs,
  type Manifest,
  type ResultRecord,
} from '@meridian/core';
import { mapConcurrently } from '@meridian/daemon';
import type { SiteFiles } from '@meridian/hpc';
import {
  addRemadeCopies,
  findKnownAttempts,
  insertRebuiltRun,
  isDatabaseError,
  isDataFault,
  loadDeclaredTables,
  recordFoundCopies,
  registerResults,
  resolveInputs,
  resolveManifest,
  type FoundCopy,
  type RebuiltInput,
  type ResolvedStep,
} from '@meridian/ops-db';
import type { DataSource, EntityManager } from 'typeorm';
import { AttemptDirectory } from '../collecting/attempt-directory.js';
import { contractTexts } from '../collecting/judge-attempt.js';
import { takeTables } from '../collecting/take-tables.js';
import type { FoundAttempt } from './find-attempts.js';

/**
 * What became of an attempt: its record was made again, or would be; it only made another one's products again; it did not end, or not well, which leaves
 * nothing to register; or something is missing for it.
 */
export type Fate =
  | { readonly kind: 'rebuilt'; readonly products: number; readonly lostFiles: number }
  | { readonly kind: 'remade' | 'unfinished' | 'failed' }
  | { readonly kind: 'problem'; readonly reason: string };

export interface Rebuilding {
  readonly dataSource: DataSource;
  readonly actor: string;
  readonly files: SiteFiles;
  readonly location: { readonly id: number; readonly basePath: string };
  readonly dryRun: boolean;
  /** Products that a dry run would have registered by now, as `token path`. */
  readonly planned: Set<string>;
}

/** Something that a person has to do first. */
class Lacking extends Error {}

const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;
const FILES_AT_ONCE = 16;
/** A run that was tried more often than that is looked for in vain. */
const MOST_ATTEMPTS = 50;

/**
 * Makes the record of one attempt again from what it left: all of it in one transaction, or nothing. Rejects when the disk or the database does not answer.
 */
export async function rebuildAttempt(rebuilding: Rebuilding, found: FoundAttempt): Promise<Fate> {
  try {
    return await rebuild(rebuilding, found);
  } catch (error) {
    if (error instanceof Lacking || error instanceof DomainError)
      return { kind: 'problem', reason: error.message };
    if (isDatabaseError(error) && isDataFault(error))
      return { kind: 'problem', reason: `the database refuses it: ${String(error)}` };
    throw error;
  }
}

async function rebuild(rebuilding: Rebuilding, found: FoundAttempt): Promise<Fate> {
  const { dataSource, files, location } = rebuilding;
  const directory = new AttemptDirectory(files, location.basePath, found.directory);
  const left = await whatItLeft(rebuilding, found, directory);
  if (left === null) return { kind: 'unfinished' };
  const { manifest, record } = left;
  const resolved = await resolveManifest(dataSource.manager, manifest);
  if (isFailed(record, manifest, resolved)) return { kind: 'failed' };
  if (manifest.provenance.remakes_run !== null) return addCopies(rebuilding, found, { manifest, record });
  const outputs = readOutputs({
    files: record.files,
    skipped: record.skipped,
    texts: await contractTexts(directory, record),
    outputs: parseStepOutputs(manifest.outputs),
    isFinalStep: manifest.is_final_step,
    tables: resolved.tables,
  });
  if (outputs.broken.length > 0) return { kind: 'failed' };
  const step = checked(manifest, resolved);
  const inputs = await knownInputs(rebuilding, manifest);
  const copies = await lookAtProducts(directory, outputs);
  const fate: Fate = {
    kind: 'rebuilt',
    products: outputs.products.length,
    lostFiles: copies.filter(({ status }) => status !== 'PRESENT').length,
  };
  for (const { path } of outputs.products) rebuilding.planned.add(`${found.token} ${path}`);
  if (!rebuilding.dryRun)
    await dataSource.transaction((transaction) =>
      register(transaction, rebuilding, {
        found,
        manifest,
        record,
        outputs,
        step,
        inputs,
        copies,
        directory,
      }),
    );
  return fate;
}

async function whatItLeft(
  { files, location }: Rebuilding,
  { directory: path, token }: FoundAttempt,
  directory: AttemptDirectory,
): Promise<{ manifest: Manifest; record: ResultRecord } | null> {
  const text = await files.read(join(location.basePath, path, ATTEMPT_FILES.manifest), MAX_MANIFEST_BYTES);
  const reading = await directory.readRecord();
  if (reading.kind === 'unreachable') throw new Error(reading.reason);
  if (text === null || reading.kind === 'absent') return null;
  const record = parseResultRecord(reading.text);
  if (record.token !== token) throw new Lacking(`its record is of ${record.token}`);
  return { manifest: parseManifest(text), record };
}

const isFailed = (record: ResultRecord, manifest: Manifest, { exitCodes }: ResolvedStep): boolean =>
  classifyFailure({
    observation: { kind: 'unknown' },
    record,
    walltimeMinutes: manifest.resources.walltime_minutes,
    exitCodeMap: exitCodes,
    cancelRequested: false,
  }) !== null;

interface KnownStep {
  readonly pipelineId: number;
  readonly stepId: number;
  readonly versionId: number;
  readonly tables: readonly string[];
}

function checked({ pipeline, step, software }: Manifest, resolved: ResolvedStep): KnownStep {
  const { pipelineId, stepId, versionId, versionDigest, activeRunId, tables } = resolved;
  if (pipelineId === null) throw new Lacking(`there is no pipeline ${pipeline}: apply its definition`);
  if (stepId === null)
    throw new Lacking(`pipeline ${pipeline} has no step ${step}: apply the definition that has it`);
  if (versionId === null)
    throw new Lacking(
      `software ${software.name} ${software.version} is not registered: apply its definition`,
    );
  if (versionDigest !== software.digest)
    throw new Lacking(
      `software ${software.name} ${software.version} is registered with another digest than the one that ran, ${software.digest}`,
    );
  if (activeRunId !== null)
    throw new Lacking(
      `run ${activeRunId} of its sub-group is active: let it end or cancel it, then rebuild again`,
    );
  return { pipelineId, stepId, versionId, tables };
}

async function knownInputs(rebuilding: Rebuilding, manifest: Manifest): Promise<RebuiltInput[]> {
  const resolved = await resolveInputs(rebuilding.dataSource.manager, manifest);
  return manifest.inputs.map((input, index): RebuiltInput => {
    const itemId = resolved[index]?.itemId ?? null;
    if (itemId !== null) return { itemId, input };
    const { made_by: madeBy, external_id: externalId, name } = input;
    if (madeBy === undefined)
      throw new Lacking(
        `its input ${name} is not registered: register it under its external id ${externalId ?? ''}`,
      );
    if (rebuilding.dryRun && rebuilding.planned.has(`${madeBy.token} ${madeBy.path}`))
      return { itemId: 0, input };
    throw new Lacking(
      `its input ${madeBy.path} of ${madeBy.token} is not registered: rebuild that first, at whatever location it is`,
    );
  });
}

/** Bytes that were purged, or are lost, do not take their records along. */
const lookAtProducts = (directory: AttemptDirectory, { products }: CollectedOutputs): Promise<FoundCopy[]> =>
  mapConcurrently(products, FILES_AT_ONCE, async ({ path, sizeBytes }): Promise<FoundCopy> => {
    const size = await directory.outputSize(path);
    if (size === null) return { path, status: 'MISSING' };
    return { path, status: size === sizeBytes ? 'PRESENT' : 'CORRUPT' };
  });

interface Remains {
  readonly found: FoundAttempt;
  readonly manifest: Manifest;
  readonly record: ResultRecord;
  readonly outputs: CollectedOutputs;
  readonly step: KnownStep;
  readonly inputs: readonly RebuiltInput[];
  readonly copies: readonly FoundCopy[];
  readonly directory: AttemptDirectory;
}

async function register(
  manager: EntityManager,
  { actor, location }: Rebuilding,
  { found, manifest, record, outputs, step, inputs, copies, directory }: Remains,
): Promise<void> {
  const { token, attempt } = found;
  const ids = { pipelineId: step.pipelineId, stepId: step.stepId, versionId: step.versionId };
  const runId = await insertRebuiltRun(manager, {
    ...{ manifest, token, directory: found.directory, locationId: location.id, ...ids, inputs, actor },
  });
  const [declared] = step.tables.length === 0 ? [] : await loadDeclaredTables(manager, [runId]);
  const recorded = new Set(record.files.map(({ path }) => path));
  const taken =
    declared === undefined
      ? null
      : await takeTables(
          { manager, leaseOwner: actor },
          directory,
          { ...declared, inputs: asInManifest(inputs) },
          recorded,
        );
  const { host, exitCode, startedAt, endedAt, cpuSeconds, peakMemoryMb } = record;
  const { products, metrics, warnings } = outputs;
  const registered = await registerResults(manager, {
    actor,
    leaseOwner: actor,
    isNews: false,
    results: [
      {
        ...{ runId, attempt, products, metrics, outcomes: taken?.outcomes ?? null },
        stagedRows: taken?.stagedRows ?? 0,
        warnings: [...warnings, ...(taken?.warnings ?? [])],
        facts: { runId, attempt, host, exitCode, startedAt, endedAt, cpuSeconds, peakMemoryMb },
      },
    ],
  });
  if (registered !== 1) throw new Error(`run ${runId} was not registered`);
  await recordFoundCopies(manager, { runId, found: copies });
}

/** Lines of tables name inputs by the ids that the manifest gave them. */
const asInManifest = (inputs: readonly RebuiltInput[]) =>
  inputs
    .filter(({ input }) => input.association === undefined)
    .map(({ itemId, input }) => ({ id: itemId, name: input.name, manifestId: input.id }));

async function addCopies(
  { dataSource, files, location, dryRun }: Rebuilding,
  { installation, directory }: FoundAttempt,
  { manifest, record }: { manifest: Manifest; record: ResultRecord },
): Promise<Fate> {
  const remade = manifest.provenance.remakes_run ?? 0;
  if (dryRun) return { kind: 'remade' };
  const tokens = Array.from({ length: MOST_ATTEMPTS }, (_, index) =>
    jobToken({ installation, runId: remade, attempt: index + 1 }),
  );
  const [runId] = [...(await findKnownAttempts(dataSource.manager, tokens)).values()];
  if (runId === undefined)
    throw new Lacking(`it made products of run ${remade} again, of which there is no record`);
  const attempt = new AttemptDirectory(files, location.basePath, directory);
  const there = await mapConcurrently(record.files, FILES_AT_ONCE, async (file) =>
    (await attempt.outputSize(file.path)) === file.sizeBytes ? [file] : [],
  );
  const copies = { runId, locationId: location.id, directory, files: there.flat() };
  await addRemadeCopies(dataSource.manager, copies);
  return { kind: 'remade' };
}
