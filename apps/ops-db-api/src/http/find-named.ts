import type { FindOptionsRelations, FindOptionsWhere, Repository } from 'typeorm';
import { notFound, unknownReference } from './not-found.js';

interface Named {
  readonly id: number;
  readonly name: string;
}

const ID = /^[1-9][0-9]{0,14}$/;

/**
 * The thing that a path names by its id or by its name; all digits are tried as an id first.
 *
 * @throws DomainError `<noun>.not_found`
 */
export async function findByIdOrName<Entity extends Named>(
  repository: Repository<Entity>,
  noun: string,
  idOrName: string,
  relations: FindOptionsRelations<Entity> = {},
): Promise<Entity> {
  const byId = { id: Number(idOrName) } as FindOptionsWhere<Entity>;
  const byName = { name: idOrName } as FindOptionsWhere<Entity>;
  const found = ID.test(idOrName) ? await repository.findOne({ where: byId, relations }) : null;
  const one = found ?? (await repository.findOne({ where: byName, relations }));
  if (one === null) throw notFound(noun, idOrName);
  return one;
}

/**
 * The thing that a field of a request names.
 *
 * @throws DomainError `<noun>.unknown` with the field's path.
 */
export async function findReferenced<Entity extends Named>(
  repository: Repository<Entity>,
  reference: { readonly noun: string; readonly name: string; readonly path: string },
): Promise<Entity> {
  const found = await repository.findOne({ where: { name: reference.name } as FindOptionsWhere<Entity> });
  if (found === null) throw unknownReference(reference.noun, reference.name, reference.path);
  return found;
}
