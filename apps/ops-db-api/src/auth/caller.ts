import type { Role } from './roles.js';

/** Who sent a request, as far as its token says. */
export interface Caller {
  readonly tokenId: number;
  readonly name: string;
  readonly role: Role;
}

/** How a caller is named in the audit log, in run events and in pauses. */
export const actorOf = (caller: Caller): string => `token:${caller.name}`;
