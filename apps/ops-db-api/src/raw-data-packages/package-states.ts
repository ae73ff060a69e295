import { DomainError } from '@meridian/core';
import type { PackageState } from '@meridian/ops-db';

/** What is in the archive stays there; everything before may fail, and what failed may be tried again. */
export const PACKAGE_TRANSITIONS = {
  WAITING: ['TRANSFERRING', 'ARCHIVED', 'FAILED'],
  TRANSFERRING: ['ARCHIVED', 'FAILED'],
  FAILED: ['WAITING', 'TRANSFERRING'],
  ARCHIVED: [],
} as const satisfies Record<PackageState, readonly PackageState[]>;

export const canMove = (from: PackageState, to: PackageState): boolean =>
  (PACKAGE_TRANSITIONS[from] as readonly PackageState[]).includes(to);

export const illegalMove = (from: PackageState, to: PackageState): DomainError =>
  new DomainError({
    kind: 'conflict',
    code: 'raw_data_package.illegal_transition',
    message: `A package that is ${from} cannot become ${to}.`,
    action: `From ${from} it may become ${PACKAGE_TRANSITIONS[from].join(' or ') || 'nothing else'}.`,
  });
