import { openTestDatabase, type TestDatabase } from '@meridian/ops-db/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import pino from 'pino';
import request from 'supertest';
import { newApiToken } from '../../auth/api-token.js';
import { insertToken } from '../../auth/insert-token.js';
import type { Role } from '../../auth/roles.js';
import { createApi } from '../create-api.js';

/** The whole API on its own database, with a token per role. */
export interface TestApi {
  readonly db: TestDatabase;
  readonly app: NestExpressApplication;
  readonly logLines: readonly string[];
  /** The secret of a token with this role; made when first asked for. */
  tokenOf(role: Role): Promise<string>;
  /** `await api.as('operator').post('/sources', {...})`: paths are below /api/v1. */
  as(role: Role): TestCaller;
  close(): Promise<void>;
}

type Headers = Readonly<Record<string, string>>;

export interface TestCaller {
  get(path: string, headers?: Headers): Promise<request.Response>;
  post(path: string, body?: object, headers?: Headers): Promise<request.Response>;
  put(path: string, body: object, headers?: Headers): Promise<request.Response>;
  patch(path: string, body: object, headers?: Headers): Promise<request.Response>;
  delete(path: string, headers?: Headers): Promise<request.Response>;
}

export async function openTestApi(): Promise<TestApi> {
  const db = await openTestDatabase(10);
  const logLines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logLines.push(line) });
  const app = await createApi({ dataSource: db.dataSource, config: { requestsPerSecond: 10_000 }, log });
  await app.listen(0, '127.0.0.1');
  const secrets = new Map<Role, Promise<string>>();

  const tokenOf = (role: Role): Promise<string> => {
    const known = secrets.get(role) ?? makeToken(db, role);
    secrets.set(role, known);
    return known;
  };
  const send = async (
    role: Role,
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    headers: Headers,
    body?: object,
  ) => {
    const sent = request(app.getHttpServer())
      [method](`/api/v1${path}`)
      .set('Authorization', `Bearer ${await tokenOf(role)}`)
      .set(headers);
    return body === undefined ? sent : sent.send(body);
  };
  return {
    db,
    app,
    logLines,
    tokenOf,
    as: (role) => ({
      get: (path, headers = {}) => send(role, 'get', path, headers),
      post: (path, body = {}, headers = {}) => send(role, 'post', path, headers, body),
      put: (path, body, headers = {}) => send(role, 'put', path, headers, body),
      patch: (path, body, headers = {}) => send(role, 'patch', path, headers, body),
      delete: (path, headers = {}) => send(role, 'delete', path, headers),
    }),
    close: async () => {
      await app.close();
      await db.close();
    },
  };
}

async function makeToken(db: TestDatabase, role: Role): Promise<string> {
  const secret = newApiToken();
  await insertToken(db.dataSource.manager, { name: role, role, secret, createdBy: 'test', expiresAt: null });
  return secret;
}
