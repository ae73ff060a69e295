/** The inputs of a run that a line may be about: their ids, and by name those whose name no other has. */
export interface KnownItems {
  readonly ids: ReadonlySet<number>;
  readonly byName: ReadonlyMap<string, number>;
}

export function knownItems(inputs: readonly { readonly id: number; readonly name: string }[]): KnownItems {
  const byName = new Map<string, number>();
  const shared = new Set<string>();
  for (const { id, name } of inputs) {
    if (byName.has(name)) shared.add(name);
    byName.set(name, id);
  }
  for (const name of shared) byName.delete(name);
  return { ids: new Set(inputs.map(({ id }) => id)), byName };
}

/** The input that a program means by its id or its name; null when the run was given none such. */
export function itemMeant(item: unknown, { ids, byName }: KnownItems): number | null {
  if (typeof item === 'number') return ids.has(item) ? item : null;
  return typeof item === 'string' ? (byName.get(item) ?? null) : null;
}
