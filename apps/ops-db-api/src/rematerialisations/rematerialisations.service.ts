import { DomainError } from '@meridian/core';
import {
  acceptRemake,
  findProduct,
  findRematerialisation,
  insertTriggerRequest,
  listCopies,
  listRematerialisations,
  requestCancellation,
  requestRemakes,
  type RematerialisationRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { RematerialisationsQueryDto } from './dto/rematerialisations.dto.js';
import { RematerialisationResponse } from './rematerialisation.response.js';

@Injectable()
export class RematerialisationsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  list(query: RematerialisationsQueryDto): Listing<RematerialisationRow, RematerialisationResponse> {
    const { state = null, product: productId = null } = query;
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listRematerialisations(this.dataSource.manager, { state, productId, before: after, limit }),
      present: (row) => RematerialisationResponse.from(row),
    });
  }

  show(id: number): Promise<RematerialisationRow> {
    return stored(this.dataSource.manager, id);
  }

  /** Asks that a product's bytes be made again, also when that was tried in vain before; while it is under way already, that is shown. */
  async request(change: Change, productId: number): Promise<RematerialisationRow> {
    const { manager, actor } = change;
    if ((await findProduct(manager, productId)) === undefined) throw notFound('product', productId);
    const copies = await listCopies(manager, productId);
    const good = copies.find(({ status }) => status === 'PRESENT' || status === 'STAGED');
    if (good !== undefined) throw notNeeded(productId, good.location);
    await requestRemakes(manager, { itemIds: [productId], waiterRunId: null, actor, insist: true });
    await change.audit({ action: 'product.rematerialise', target: `product:${productId}`, after: {} });
    const query = { state: null, productId, before: null, limit: 1 };
    const [newest] = await listRematerialisations(manager, query);
    if (newest === undefined) throw notFound('product', productId);
    return newest;
  }

  /** Other bytes are what the recipe makes now: its sub-group is run again as a new version, and what waits for the old bytes is cancelled. */
  async accept(change: Change, id: number): Promise<RematerialisationRow> {
    const { manager, actor } = change;
    const before = await stored(manager, id);
    const accepted = await acceptRemake(manager, { id, actor });
    if (accepted === undefined) throw notAcceptable(before);
    await insertTriggerRequest(manager, {
      pipelineId: accepted.pipelineId,
      selection: {},
      steps: [accepted.step],
      force: false,
      overrides: {},
      actor,
    });
    const reason = `rematerialisation ${id}: other bytes of its input were accepted as a new version`;
    for (const runId of accepted.waitingRuns) await requestCancellation(manager, { runId, actor, reason });
    await change.audit({
      action: 'rematerialisation.accept',
      target: `rematerialisation:${id}`,
      before: { state: before.state },
      after: { sub_group: accepted.subGroupId, cancelled_runs: accepted.waitingRuns },
    });
    return stored(manager, id);
  }
}

async function stored(manager: EntityManager, id: number): Promise<RematerialisationRow> {
  const row = await findRematerialisation(manager, id);
  if (row === undefined) throw notFound('rematerialisation', id);
  return row;
}

const notNeeded = (productId: number, location: string): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'rematerialisation.not_needed',
    message: `Location ${location} has a copy of product ${productId}.`,
    action: `If it is not good, audit the location: POST /api/v1/locations/${location}/audits.`,
  });

const notAcceptable = ({ id, state }: RematerialisationRow): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'rematerialisation.not_acceptable',
    message:
      state === 'different'
        ? `What rematerialisation ${id} made again is no current result any more.`
        : `Rematerialisation ${id} is ${state}: only other bytes can be accepted.`,
    action: 'Look at the newest run of its sub-group.',
  });
