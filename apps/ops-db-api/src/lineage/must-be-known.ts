import { DomainError, type Subject } from '@meridian/core';
import { isKnownSubject } from '@meridian/ops-db';
import type { EntityManager } from 'typeorm';
import { notFound } from '../http/not-found.js';

/** @throws DomainError when there is no such thing. */
export async function mustBeKnown(manager: EntityManager, subject: Subject): Promise<void> {
  if (await isKnownSubject(manager, subject)) return;
  switch (subject.kind) {
    case 'item':
      throw notFound('data_item', subject.itemId);
    case 'run':
      throw notFound('run', subject.runId);
    case 'software':
      throw new DomainError({
        kind: 'not_found',
        code: 'software_version.not_found',
        message: `There is no version ${subject.version} of software "${subject.name}".`,
        action: 'List them: GET /api/v1/software.',
      });
    case 'host':
      throw new DomainError({
        kind: 'not_found',
        code: 'host.not_found',
        message: `No attempt of any run is known to have run on host "${subject.host}".`,
        action: 'Look at an attempt: GET /api/v1/runs/{id} names its host.',
      });
  }
}
