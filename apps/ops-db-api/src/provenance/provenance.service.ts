import { DomainError, type ProvenanceDocument } from '@meridian/core';
import {
  findInstallation,
  findProduct,
  findRunStatus,
  lineageProducts,
  lineageUp,
  loadProvenanceGenerations,
  loadProvenanceItems,
  loadProvenanceRuns,
  loadProvenanceUses,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { notFound } from '../http/not-found.js';

/** A document of more than that is one that no tool opens. */
const MOST_RUNS = 10_000;

type Subject = ProvenanceDocument['subject'];

@Injectable()
export class ProvenanceService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * How a product, or all products of a run, came about, down to the raw files; read in one snapshot.
   *
   * @throws DomainError `provenance.too_large`: half of it would be no proof of anything
   */
  of(kind: Subject['kind'], id: number): Promise<ProvenanceDocument> {
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const subject = await subjectOf(manager, kind, id);
      const made = kind === 'product' ? [id] : await productsOf(manager, id);
      const roots = kind === 'product' ? { itemIds: made } : { itemIds: made, runIds: [id] };
      const { runIds, itemIds, isCut } = await lineageUp(manager, { ...roots, mostRuns: MOST_RUNS });
      if (isCut) throw tooLarge(subject);
      return {
        installation: await findInstallation(manager),
        subject,
        items: await loadProvenanceItems(manager, itemIds),
        runs: await loadProvenanceRuns(manager, runIds),
        used: await loadProvenanceUses(manager, runIds),
        generated: await loadProvenanceGenerations(manager, { runIds, itemIds }),
      };
    });
  }
}

async function subjectOf(manager: EntityManager, kind: Subject['kind'], id: number): Promise<Subject> {
  switch (kind) {
    case 'product': {
      const product = await findProduct(manager, id);
      if (product === undefined) throw notFound('product', id);
      return { kind, id, name: product.name };
    }
    case 'run': {
      if ((await findRunStatus(manager, id)) === undefined) throw notFound('run', id);
      const [run] = await loadProvenanceRuns(manager, [id]);
      return { kind, id, name: run === undefined ? `run ${id}` : `${run.pipeline}/${run.step} run ${id}` };
    }
  }
}

async function productsOf(manager: EntityManager, runId: number): Promise<number[]> {
  const edges = await lineageProducts(manager, { ids: [runId], limit: Number.MAX_SAFE_INTEGER });
  return edges.map(({ itemId }) => itemId);
}

const tooLarge = ({ kind, id }: Subject): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'provenance.too_large',
    message: `More than ${MOST_RUNS} runs led to ${kind} ${id}: no tool would open a document of all of them.`,
    action: 'Export the provenance of what it is made from; GET /api/v1/lineage lists it page by page.',
  });
