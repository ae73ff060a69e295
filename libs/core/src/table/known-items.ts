/** The inputs of a run that a line may be about: by the id in its manifest, and by name those whose name no other has. */
export interface KnownItems {
  readonly byId: ReadonlyMap<number, number>;
  readonly byName: ReadonlyMap<string, number>;
}

export interface KnownInput {
  readonly id: number;
  readonly name: string;
  /** Its id in the manifest, where that was written by a database that is lost; the same otherwise. */
  readonly manifestId?: number;
}

export function knownItems(inputs: readonly KnownInput[]): KnownItems {
  const byName = new Map<string, number>();
  const shared = new Set<string>();
  for (const { id, name } of inputs) {
    if (byName.has(name)) shared.add(name);
    byName.set(name, id);
  }
  for (const name of shared) byName.delete(name);
  return { byId: new Map(inputs.map(({ id, manifestId = id }) => [manifestId, id])), byName };
}

/** The input that a program means by its id or its name; null when the run was given none such. */
export function itemMeant(item: unknown, { byId, byName }: KnownItems): number | null {
  if (typeof item === 'number') return byId.get(item) ?? null;
  return typeof item === 'string' ? (byName.get(item) ?? null) : null;
}
