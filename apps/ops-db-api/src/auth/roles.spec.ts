import { isAllowed, ROLES, type Role } from './roles.js';

describe('isAllowed', () => {
  const allowedFor = (...route: Role[]): Role[] => ROLES.filter((role) => isAllowed(role, route));

  it.each<[Role[], Role[]]>([
    [['viewer'], ['viewer', 'scientist', 'operator', 'admin', 'service']],
    [['scientist'], ['scientist', 'operator', 'admin']],
    [['operator'], ['operator', 'admin']],
    [['admin'], ['admin']],
    [['service'], ['service']],
    [
      ['operator', 'service'],
      ['operator', 'admin', 'service'],
    ],
    [[], []],
  ])('a route for %j is open to %j', (route, roles) => {
    expect(allowedFor(...route)).toEqual(roles);
  });
});
