import {
  createParamDecorator,
  SetMetadata,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { recordAudit } from '@meridian/ops-db';
import { actorOf, type Caller } from '../auth/caller.js';
import type { ApiRequest } from './api-request.js';

/** What a change did to one thing. `target` is `<noun>:<name or id>`; `before` is absent for what is new. */
export interface AuditEntry {
  readonly action: string;
  readonly target: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * One changing request: its transaction, and who asked.
 *
 * Services use `manager` for everything they read and write, so that the change, its audit rows and its idempotency
 * record commit together or not at all. A second connection inside a change can deadlock the pool.
 */
export class Change {
  private accounted = false;

  constructor(
    readonly manager: EntityManager,
    readonly caller: Caller,
    readonly requestId: string,
  ) {}

  /** The caller as the audit log and run events name it. */
  get actor(): string {
    return actorOf(this.caller);
  }

  /** Every changing request records at least one entry, or says that it changed nothing; the interceptor refuses to commit one that did not. */
  async audit(entry: AuditEntry): Promise<void> {
    this.accounted = true;
    await recordAudit(this.manager, { ...entry, actor: this.actor, requestId: this.requestId });
  }

  /** Says that everything was as asked for already, so that there is nothing to audit. */
  changedNothing(): void {
    this.accounted = true;
  }

  get isAccountedFor(): boolean {
    return this.accounted;
  }
}

export const CHANGES_NOTHING = 'meridian:changes-nothing';

/** A POST that only computes (validate, preview, plan): no transaction, no audit entry, no idempotency record. */
export const ChangesNothing = (): CustomDecorator => SetMetadata(CHANGES_NOTHING, true);

export const SECRET_IN_ANSWER = 'meridian:secret-in-answer';

/** A field of the answer that is shown once: what is kept for the request's Idempotency-Key has null in its place. */
export const SecretInAnswer = (field: string): CustomDecorator => SetMetadata(SECRET_IN_ANSWER, field);

/** The `Change` of a changing request, as a controller parameter. */
export const InChange = createParamDecorator((_: unknown, context: ExecutionContext): Change => {
  const { change } = context.switchToHttp().getRequest<ApiRequest>();
  if (change === undefined) throw new Error('@InChange is for routes that change something');
  return change;
});

/** Who sent the request, as a controller parameter. */
export const FromCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<ApiRequest>();
  if (caller === undefined) throw new Error('@FromCaller is for routes that need a token');
  return caller;
});
