const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._+=@,~-]*$/;
const MAX_NAME_BYTES = 200;

/** What kind of thing an unsafe character becomes. */
const PLACEHOLDER = '_';

export interface NamedItem {
  readonly itemId: number;
  readonly name: string;
}

/**
 * The file name of every input inside its folder: its own where that is safe and unique, otherwise a safe one that carries the item's id.
 * `reserved` are names of other things in the folder.
 *
 * Names differ even where upper and lower case do not count. Two items with the same name both get their ids, so that what a file is
 * called does not depend on the order of the items.
 */
export function inputNames(
  items: readonly NamedItem[],
  reserved: readonly string[] = [],
): Map<number, string> {
  const uses = new Map<string, number>();
  for (const { name } of items) uses.set(name.toLowerCase(), (uses.get(name.toLowerCase()) ?? 0) + 1);
  const taken = new Set<string>(reserved.map((name) => name.toLowerCase()));
  const isReserved = new Set(taken);
  const keepsName = ({ name }: NamedItem): boolean =>
    isSafe(name) && uses.get(name.toLowerCase()) === 1 && !isReserved.has(name.toLowerCase());

  const names = new Map<number, string>();
  const take = (itemId: number, name: string): void => {
    names.set(itemId, name);
    taken.add(name.toLowerCase());
  };
  for (const item of items) if (keepsName(item)) take(item.itemId, item.name);
  for (const item of items) if (!keepsName(item)) take(item.itemId, freeName(item, taken));
  return names;
}

const isSafe = (name: string): boolean => SAFE_NAME.test(name) && name.length <= MAX_NAME_BYTES;

/** `m17 tile.fits` of item 7 becomes `m17_tile.7.fits`. */
function freeName({ itemId, name }: NamedItem, taken: ReadonlySet<string>): string {
  const clean = name.replace(/[^A-Za-z0-9._+=@,~-]+/g, PLACEHOLDER).replace(/^[^A-Za-z0-9]+/, '') || 'input';
  const dot = clean.indexOf('.', 1);
  const cut = dot < 0 || clean.length - dot > 30 ? clean.length : dot;
  const stem = clean.slice(0, Math.min(cut, MAX_NAME_BYTES - 60));
  const extension = clean.slice(cut);
  for (let again = 0; ; again += 1) {
    const candidate = `${stem}.${itemId}${again === 0 ? '' : `.${again}`}${extension}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}
