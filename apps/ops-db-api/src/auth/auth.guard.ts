import { DomainError } from '@meridian/core';
import { HttpException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import type { ApiRequest } from '../http/api-request.js';
import { ALLOWED_ROLES, PUBLIC_ROUTE } from './allow.decorator.js';
import { RateLimiter } from './rate-limiter.js';
import { isAllowed, type Role } from './roles.js';
import { TokenLookup } from './token-lookup.js';

/** Lets a request through when its token is valid, its role is named by the route, and it is not one too many. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokenLookup,
    private readonly limiter: RateLimiter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC_ROUTE, targets) === true) return true;
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const now = new Date();
    const caller = await this.tokens.callerOf(request.header('authorization'), now);
    request.caller = caller;
    const waitSeconds = this.limiter.take(caller.tokenId, now.getTime());
    if (waitSeconds > 0) {
      context.switchToHttp().getResponse<Response>().setHeader('Retry-After', String(waitSeconds));
      throw new HttpException('too many requests', 429);
    }
    const allowed =
      this.reflector.getAllAndOverride<readonly Role[] | undefined>(ALLOWED_ROLES, targets) ?? [];
    if (!isAllowed(caller.role, allowed)) throw notAllowed(caller.role, allowed);
    return true;
  }
}

const notAllowed = (role: Role, allowed: readonly Role[]): DomainError =>
  new DomainError({
    kind: 'forbidden',
    code: 'auth.not_allowed',
    message: `A token with the role ${role} may not do this.`,
    action:
      allowed.length === 0
        ? 'Nobody may call this route.'
        : `Use a token with the role ${allowed.join(' or ')}.`,
  });
