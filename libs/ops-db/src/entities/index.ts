import * as data from './data.entities.js';
import * as observatory from './observatory.entities.js';
import * as operating from './operating.entities.js';

export * from './data.entities.js';
export * from './observatory.entities.js';
export * from './operating.entities.js';
export type { StoredJson } from './stored-json.js';

type EntityClass = new () => object;
const entitiesOf = (file: object): EntityClass[] =>
  Object.values(file).filter((exported): exported is EntityClass => typeof exported === 'function');

/** Every mapped table. Tables without an entity are reached by statements in `queries/` only. */
export const ENTITIES = [observatory, data, operating].flatMap(entitiesOf);
