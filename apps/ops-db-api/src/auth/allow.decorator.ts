import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { Role } from './roles.js';

export const ALLOWED_ROLES = 'meridian:allowed-roles';
export const PUBLIC_ROUTE = 'meridian:public';

/** The roles that may call a route. Every route names them or is `@Public`: one that does neither refuses everybody. */
export const Allow = (...roles: [Role, ...Role[]]): CustomDecorator => SetMetadata(ALLOWED_ROLES, roles);

/** A route that needs no token: liveness, readiness and the documentation only. */
export const Public = (): CustomDecorator => SetMetadata(PUBLIC_ROUTE, true);
