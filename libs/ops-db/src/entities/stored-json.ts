/**
 * A jsonb object as an entity has it: something to store and to show, not to look into.
 *
 * It is not `JsonObject` on purpose: TypeORM's partial types recurse into a recursive type until the compiler gives up.
 */
export type StoredJson = object;
