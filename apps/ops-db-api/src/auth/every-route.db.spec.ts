import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { ModulesContainer } from '@nestjs/core';
import request from 'supertest';
import { openTestApi, type TestApi } from '../http/testing/open-test-api.js';
import { ALLOWED_ROLES, PUBLIC_ROUTE } from './allow.decorator.js';
import { newApiToken } from './api-token.js';
import { ROLES, type Role } from './roles.js';

interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly roles: readonly Role[];
  readonly isPublic: boolean;
}

const PUBLIC = ['get /health/live', 'get /health/ready'];
/** Where Prometheus looks for it. */
const UNVERSIONED = ['/metrics'];
const EXAMPLE = '1';

const first = (value: unknown): string => String(Array.isArray(value) ? value[0] : value);

/** Every handler of every controller, read from Nest's own metadata, so that a new route cannot be forgotten. */
function routesOf(api: TestApi): Route[] {
  const controllers = [...api.app.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  return controllers.flatMap(({ metatype, instance }) => {
    if (metatype === null) return [];
    const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
    const metadata = (key: string, handler: object): unknown =>
      Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, metatype);
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      const verb: unknown =
        typeof handler === 'function' ? Reflect.getMetadata(METHOD_METADATA, handler) : undefined;
      if (handler === undefined || verb === undefined) return [];
      const below = [
        first(Reflect.getMetadata(PATH_METADATA, metatype)),
        first(Reflect.getMetadata(PATH_METADATA, handler)),
      ];
      const path = `/${below.join('/')}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
      const isPublic = metadata(PUBLIC_ROUTE, handler) === true;
      return [
        {
          method: RequestMethod[verb as RequestMethod].toLowerCase() as Route['method'],
          path: isPublic || UNVERSIONED.includes(path) ? path : `/api/v1${path}`,
          roles: (metadata(ALLOWED_ROLES, handler) as readonly Role[] | undefined) ?? [],
          isPublic,
        },
      ];
    });
  });
}

describe('every route', () => {
  let api: TestApi;
  let routes: Route[];
  beforeAll(async () => {
    api = await openTestApi();
    routes = routesOf(api);
  });
  afterAll(() => api.close());

  const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
  const call = (route: Route, authorization?: string) => {
    const path = route.path.replace(/:\w+/g, EXAMPLE).replace(/\*\w+/g, EXAMPLE);
    const sent = request(api.app.getHttpServer())[route.method](path);
    return authorization === undefined ? sent : sent.set('Authorization', authorization);
  };
  const statusesWith = async (authorization?: string): Promise<Record<string, number>> => {
    const guarded = routes.filter((route) => !route.isPublic);
    const statuses: Record<string, number> = {};
    for (const route of guarded) statuses[nameOf(route)] = (await call(route, authorization)).status;
    return statuses;
  };
  const allAre = (status: number): Record<string, number> =>
    Object.fromEntries(routes.filter((route) => !route.isPublic).map((route) => [nameOf(route), status]));

  it('was found', () => {
    expect(routes.length).toBeGreaterThan(50);
  });

  it('names the roles that may call it, or is one of the few public ones', () => {
    const nameless = routes.filter((route) => !route.isPublic && route.roles.length === 0);

    expect(nameless.map(nameOf)).toEqual([]);
    expect(
      routes
        .filter((route) => route.isPublic)
        .map(nameOf)
        .sort(),
    ).toEqual(PUBLIC);
    expect(routes.flatMap((route) => route.roles).filter((role) => !ROLES.includes(role))).toEqual([]);
  });

  it('answers 401 without a token', async () => {
    expect(await statusesWith()).toEqual(allAre(401));
  });

  it('answers 401 with a token that was never made', async () => {
    expect(await statusesWith(`Bearer ${newApiToken()}`)).toEqual(allAre(401));
  });

  it('answers 401 with a token in the wrong scheme', async () => {
    expect(await statusesWith(`Basic ${await api.tokenOf('admin')}`)).toEqual(allAre(401));
  });

  it('lets a viewer change nothing', async () => {
    const changing = routes.filter((route) => route.method !== 'get' && !route.roles.includes('viewer'));
    const authorization = `Bearer ${await api.tokenOf('viewer')}`;
    const statuses: number[] = [];
    for (const route of changing) statuses.push((await call(route, authorization)).status);

    expect(statuses).toEqual(changing.map(() => 403));
    const log: unknown[] = await api.db.dataSource.query('SELECT 1 FROM audit_log');
    expect(log).toEqual([]);
  });

  it('is in the OpenAPI document, which needs no token', async () => {
    const document = await request(api.app.getHttpServer()).get('/api/openapi.json');
    const documented = Object.entries(document.body.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );

    const shown = routes.map((route) => nameOf(route).replace(/[:*](\w+)/g, '{$1}'));
    expect(documented.sort()).toEqual(shown.sort());
  });
});
