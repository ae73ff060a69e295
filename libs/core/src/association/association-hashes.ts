import { fingerprintOf, itemHashes } from '../recipe/fingerprint.js';
import type { AssociationRole } from './association.js';

export interface BoundItem {
  /** Of the association. */
  readonly name: string;
  readonly role: AssociationRole;
  readonly itemId: number;
  readonly contentHash: string;
}

/**
 * Two independent signed 64-bit hashes of what is bound and as what: its part of the sub-group's fingerprint, added to those of
 * the members. An item counts differently as a member, under another name, and in another role, so that a calibration that
 * changes places with another is seen.
 */
export const associationHashes = ({ name, role, itemId, contentHash }: BoundItem): [bigint, bigint] =>
  itemHashes(itemId, `${contentHash}:${name}:${role}`);

/** The fingerprint of all that is bound to a sub-group: the sums of `associationHashes`, as in SQL. */
export const associationFingerprint = (items: readonly BoundItem[]): string =>
  fingerprintOf(
    items.map(({ name, role, itemId, contentHash }) => ({
      id: itemId,
      contentHash: `${contentHash}:${name}:${role}`,
    })),
  );
