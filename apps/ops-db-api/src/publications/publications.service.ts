import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, type PublicationState } from '@meridian/core';
import {
  findProduct,
  findPublication,
  listPublications,
  requestPublication,
  withdrawPublication,
  type PublicationRow,
} from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Change } from '../http/change.js';
import { notFound } from '../http/not-found.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PublicationsQueryDto, RequestPublicationDto } from './dto/publications.dto.js';
import { PublicationResponse } from './publication.response.js';

/** Nothing more happens by itself. */
const ENDS: readonly PublicationState[] = ['published', 'rejected', 'failed', 'withdrawn'];
const LOOK_EVERY_MS = 250;

@Injectable()
export class PublicationsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  list(query: PublicationsQueryDto): Listing<PublicationRow, PublicationResponse> {
    const { state = null, product: productId = null, taint: taintId = null } = query;
    return listingById({
      query,
      fetch: ({ after, limit }) =>
        listPublications(this.dataSource.manager, { state, productId, taintId, before: after, limit }),
      present: (row) => PublicationResponse.from(row),
    });
  }

  /** As it is, or as soon as nothing more happens by itself. */
  async show(id: number, waitSeconds: number): Promise<PublicationRow> {
    const until = performance.now() + waitSeconds * 1000;
    for (;;) {
      const row = await stored(this.dataSource.manager, id);
      if (ENDS.includes(row.state) || performance.now() >= until) return row;
      await sleep(LOOK_EVERY_MS);
    }
  }

  async request(
    change: Change,
    productId: number,
    { to = null, reason }: Omit<RequestPublicationDto, 'to'> & { to?: string | undefined | null },
  ): Promise<PublicationRow> {
    if ((await findProduct(change.manager, productId)) === undefined) throw notFound('product', productId);
    const request = { productId, to, actor: change.actor, reason };
    const staged = await requestPublication(change.manager, request);
    if (staged === undefined) throw nowhere(to);
    await change.audit({
      action: 'publication.request',
      target: `product:${productId}`,
      after: { to, reason },
    });
    return stored(change.manager, staged.id);
  }

  async withdraw(change: Change, id: number, reason: string): Promise<PublicationRow> {
    const before = await stored(change.manager, id);
    if (!(await withdrawPublication(change.manager, { id, actor: change.actor, reason })))
      throw notPublished(before);
    await change.audit({
      action: 'publication.withdraw',
      target: `publication:${id}`,
      before: { state: before.state },
      after: { reason },
    });
    return stored(change.manager, id);
  }
}

async function stored(manager: EntityManager, id: number): Promise<PublicationRow> {
  const row = await findPublication(manager, id);
  if (row === undefined) throw notFound('publication', id);
  return row;
}

const nowhere = (to: string | null): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'publication.nowhere',
    message:
      to === null
        ? 'The step of this product does not publish, and no location was named.'
        : `There is no location "${to}" that the public could read; jobs write to PROCESSING ones.`,
    action: 'Name a location with "to", or give the step a publication.',
  });

const notPublished = ({ id, state }: PublicationRow): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'publication.not_published',
    message: `Publication ${id} is ${state}: only what is published can be taken back.`,
    action: 'Look at its state; to keep a result from being published, judge its run FAIL.',
  });
