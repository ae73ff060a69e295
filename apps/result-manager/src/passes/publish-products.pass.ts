import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import {
  DomainError,
  gateReasons,
  parsePublicationGate,
  readStored,
  safeText,
  messageOf,
  type GateReasons,
} from '@meridian/core';
import { mapConcurrently, whileRenewing, type Logger, type Pass } from '@meridian/daemon';
import { mountedFiles, removePartials } from '@meridian/hpc';
import {
  claimPublications,
  extendPublications,
  finishPublications,
  hasDuePublications,
  holdTaints,
  loadClaimedPublications,
  loadGates,
  lockGates,
  moveGatedPublications,
  putOffPublications,
  rescuePublications,
  type ClaimedPublication,
  type FailedCopy,
  type GatedPublication,
  type GateMove,
} from '@meridian/ops-db';
import type { DataSource } from 'typeorm';

export interface PublishProductsOptions {
  readonly dataSource: DataSource;
  /** Names this process in events and leases. */
  readonly actor: string;
  readonly logger: Logger;
  readonly leaseSeconds: number;
  readonly batchSize: number;
  readonly retrySeconds: number;
}

/** How long a publication that waits for somebody is left alone when nobody tells. */
const LOOK_AGAIN_SECONDS = 60;
const COPIES_AT_ONCE = 4;

/**
 * Makes products public: the gate is looked at in the transaction that begins to copy, the bytes are copied under another name, compared
 * with their checksum and renamed, and only then the product is published.
 *
 * A publisher that dies leaves at most a copy under its version's name: whoever takes over finds it, or makes it again; where nobody does,
 * the name is given up, and WithdrawProductsPass removes what is there.
 */
export class PublishProductsPass implements Pass {
  readonly name = 'publish-products';

  constructor(private readonly options: PublishProductsOptions) {}

  async run(signal: AbortSignal): Promise<number> {
    const { dataSource, actor, batchSize } = this.options;
    if (!(await hasDuePublications(dataSource.manager))) return 0;
    let changed = await rescuePublications(dataSource.manager, actor);
    while (!signal.aborted) {
      const { moved, claimed, isMore } = await this.passGate();
      changed += moved;
      if (claimed.length > 0) changed += await this.publish(claimed, signal);
      if (!isMore || batchSize === 0) break;
    }
    return changed;
  }

  /** One transaction: what was good is good when copying begins. */
  private passGate(): Promise<{ moved: number; claimed: readonly number[]; isMore: boolean }> {
    const { dataSource, actor, batchSize, leaseSeconds } = this.options;
    return dataSource.transaction(async (manager) => {
      await holdTaints(manager);
      const ids = await lockGates(manager, batchSize);
      const gates = await loadGates(manager, ids);
      const moves = gates.map(moveOf);
      const changes = moves.filter((move, index) => isNews(move, gates[index]));
      await moveGatedPublications(manager, { moves: changes, actor, lookAgainSeconds: LOOK_AGAIN_SECONDS });
      const open = moves.filter(({ to }) => to === 'eligible').map(({ id }) => id);
      const claimed = await claimPublications(manager, { ids: open, owner: actor, leaseSeconds });
      const moved = moves.filter(({ from, to }) => from !== to).length;
      return { moved, claimed: claimed.map(({ id }) => id), isMore: ids.length === batchSize };
    });
  }

  private async publish(ids: readonly number[], signal: AbortSignal): Promise<number> {
    const { dataSource, actor, leaseSeconds, retrySeconds, logger } = this.options;
    const { manager } = dataSource;
    const publications = await loadClaimedPublications(manager, ids);
    const renew = () => extendPublications(manager, { owner: actor, ids, seconds: leaseSeconds });
    const problems = await whileRenewing({ everyMs: (leaseSeconds * 1000) / 3, renew, logger }, () =>
      mapConcurrently(publications, COPIES_AT_ONCE, (one) =>
        signal.aborted ? Promise.resolve('its publisher was stopped') : copy(one),
      ),
    );
    const failed = publications.flatMap(({ id }, index): FailedCopy[] => {
      const reason = problems[index] ?? null;
      return reason === null ? [] : [{ id, reason }];
    });
    await putOffPublications(manager, { failed, owner: actor, retrySeconds });
    const done = publications.filter((_, index) => problems[index] === null).map(({ id }) => id);
    return failed.length + (await this.finish(done));
  }

  /** What was marked bad while it was copied is not published. */
  private finish(ids: readonly number[]): Promise<number> {
    const { dataSource, actor: owner } = this.options;
    return dataSource.transaction(async (manager) => {
      await holdTaints(manager);
      return finishPublications(manager, { ids, owner });
    });
  }
}

function moveOf(gated: GatedPublication): GateMove {
  const { id, state: from } = gated;
  const { rejects, waits } = reasonsOf(gated);
  if (rejects.length > 0) return { id, from, to: 'rejected', reasons: rejects };
  if (waits.length > 0) return { id, from, to: from, reasons: waits };
  return { id, from, to: 'eligible', reasons: [] };
}

function reasonsOf(gated: GatedPublication): GateReasons {
  try {
    const gate = readStored({ gate: gated.gate }, parsePublicationGate);
    return gateReasons(gate, { ...gated, companions: new Set(gated.companions) });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { rejects: [], waits: [error.message] };
  }
}

/** One that is eligible already is only claimed; one that waits is always put off. */
const isNews = ({ from, to, reasons }: GateMove, gated: GatedPublication | undefined): boolean =>
  from !== to || reasons.length > 0 || (gated?.reasons.length ?? 0) > 0;

/** Copies the bytes to their public name; why that did not succeed, or null. */
async function copy({
  targetLocation,
  targetPath,
  sources,
  sizeBytes,
  sha256,
}: ClaimedPublication): Promise<string | null> {
  const target = path.join(targetLocation.basePath, targetPath);
  const problems: string[] = [];
  try {
    if (!(await isBelow(targetLocation.basePath, path.dirname(target))))
      return `${targetPath} would lie outside location ${targetLocation.name}`;
    await mkdir(path.dirname(target), { recursive: true });
  } catch (error) {
    return safeText(`location ${targetLocation.name} cannot be written: ${String(error)}`);
  }
  for (const source of sources) {
    try {
      await mountedFiles.upload({
        source: path.join(source.basePath, source.path),
        target,
        sizeBytes,
        sha256,
      });
      if ((await mountedFiles.hash(target)) === sha256) {
        await removePartials(target);
        return null;
      }
      problems.push(`${targetPath} is there with other bytes`);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return safeText(problems.length === 0 ? 'no verified copy of it is left' : problems.join('; '));
}

/** Whether a directory lies, or would lie, below a base with every link resolved. Rejects when the base is not there. */
async function isBelow(base: string, directory: string): Promise<boolean> {
  const root = await realpath(base);
  for (let at = directory; ; at = path.dirname(at)) {
    const real = await realpath(at).catch(() => null);
    if (real !== null) return real === root || real.startsWith(`${root}${path.sep}`);
  }
}
