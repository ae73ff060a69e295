import { DomainError } from '@meridian/core';

/** The error for a thing that is not there: code `<noun>.not_found`; `noun` in snake_case. */
export const notFound = (noun: string, idOrName: string | number): DomainError =>
  new DomainError({
    kind: 'not_found',
    code: `${noun}.not_found`,
    message: `There is no ${noun.replaceAll('_', ' ')} ${JSON.stringify(idOrName)}.`,
    action: `List them: GET /api/v1/${noun.replaceAll('_', '-')}s.`,
  });

/** The error for a name in a request that nothing bears: 422, with the field's path. */
export const unknownReference = (noun: string, name: string | number, path: string): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: `${noun}.unknown`,
    message: `There is no ${noun.replaceAll('_', ' ')} ${JSON.stringify(name)}.`,
    action: `Create it first, or correct the name: GET /api/v1/${noun.replaceAll('_', '-')}s lists them.`,
    problems: [{ code: `${noun}.unknown`, path, message: `${JSON.stringify(name)} does not exist` }],
  });
