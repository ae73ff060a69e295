/** What a token may do. `service` reads everything and ingests; the others each include the one before. */
export const ROLES = ['viewer', 'scientist', 'operator', 'admin', 'service'] as const;
export type Role = (typeof ROLES)[number];

const RANK: Record<Role, number> = { service: 0, viewer: 0, scientist: 1, operator: 2, admin: 3 };

/** True when `role` is listed, or ranks above a listed one (never through `service`, which stands beside the ladder). */
export const isAllowed = (role: Role, allowed: readonly Role[]): boolean =>
  allowed.some((one) => one === role || (one !== 'service' && RANK[role] >= RANK[one]));
