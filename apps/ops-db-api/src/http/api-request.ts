import type { Request } from 'express';
import type { Caller } from '../auth/caller.js';
import type { Change } from './change.js';

/** An Express request with what our own middleware, guard and interceptor have found out about it. */
export interface ApiRequest extends Request {
  requestId: string;
  caller?: Caller;
  change?: Change;
}
