import type { Dims, JsonObject } from '../shared/json.js';

/** Everything that is known of how something came about: what every export is made from. Lists are in the order of ids. */
export interface ProvenanceDocument {
  /** Of this Meridian: ids mean something within it. */
  readonly installation: string;
  readonly subject: { readonly kind: 'product' | 'run'; readonly id: number; readonly name: string };
  readonly items: readonly ProvenanceItem[];
  readonly runs: readonly ProvenanceRun[];
  readonly used: readonly ProvenanceUse[];
  readonly generated: readonly ProvenanceGeneration[];
}

export interface ProvenanceItem {
  readonly id: number;
  readonly kind: 'RAW_DATA_FILE' | 'RAW_DATA_PACKAGE' | 'DATA_PRODUCT';
  readonly name: string;
  /** What it is registered with now: runs may have used other content, which their uses name. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly dims: Dims;
  /** Of a product; null for raw data. */
  readonly type: string | null;
  readonly description: string;
  /** The archive's own id of a raw file. */
  readonly externalId: string | null;
  /** ISO 8601, of the observation. */
  readonly observedAt: string | null;
  readonly registeredAt: string;
}

export interface ProvenanceRun {
  readonly id: number;
  readonly pipeline: string;
  readonly step: string;
  readonly status: string;
  /** Who made the pipeline, as the audit log names them. */
  readonly owner: string;
  readonly location: string;
  readonly dims: Dims;
  readonly software: ProvenanceSoftware;
  readonly recipeHash: string;
  readonly parameters: JsonObject;
  readonly attempt: number;
  readonly host: string | null;
  /** ISO 8601; null while nothing has told. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface ProvenanceSoftware {
  readonly name: string;
  readonly version: string;
  /** Of what was registered: `sha256:…`. */
  readonly digest: string;
  readonly image: string | null;
  /** Of the container image: `sha256:…`. */
  readonly imageDigest: string | null;
  readonly hostDirectory: string | null;
  readonly command: readonly string[];
}

export interface ProvenanceUse {
  readonly runId: number;
  readonly itemId: number;
  /** What the run was given. */
  readonly sha256: string;
  /** The association that bound it; empty for a member. */
  readonly binding: string;
}

export interface ProvenanceGeneration {
  readonly runId: number;
  readonly itemId: number;
  readonly sha256: string;
}

/** One item with one content: what runs use and make. An item that was replaced between two runs is two of these. */
export interface ProvenanceEntity {
  /** Made of `[a-z0-9-]`: `item-17-0123456789ab`, with the beginning of the checksum. */
  readonly key: string;
  readonly item: ProvenanceItem;
  readonly sha256: string;
  /** The content is not what is registered now. */
  readonly isOutdated: boolean;
}

export const entityKey = (itemId: number, sha256: string): string => `item-${itemId}-${sha256.slice(0, 12)}`;
export const runKey = (runId: number): string => `run-${runId}`;

/** Every item with every content that was used or made, by key; and the subject, used or not. */
export function entitiesOf(document: ProvenanceDocument): ProvenanceEntity[] {
  const items = new Map(document.items.map((item) => [item.id, item]));
  const entities = new Map<string, ProvenanceEntity>();
  const add = (itemId: number, sha256: string): void => {
    const item = items.get(itemId);
    if (item === undefined) throw new Error(`item ${itemId} is used or made, but not described`);
    const key = entityKey(itemId, sha256);
    if (!entities.has(key)) entities.set(key, { key, item, sha256, isOutdated: sha256 !== item.sha256 });
  };
  for (const { itemId, sha256 } of [...document.used, ...document.generated]) add(itemId, sha256);
  const { subject } = document;
  if (subject.kind === 'product') add(subject.id, items.get(subject.id)?.sha256 ?? '');
  return [...entities.values()].sort((a, b) => a.item.id - b.item.id || (a.key < b.key ? -1 : 1));
}

export interface NamedSoftware {
  readonly key: string;
  readonly software: ProvenanceSoftware;
}

/** Every software version that ran, once, in the order of first runs. */
export function softwareOf({ runs }: ProvenanceDocument): NamedSoftware[] {
  const known = new Map<string, NamedSoftware>();
  for (const { software } of runs) {
    const key = softwareKey(software);
    if (!known.has(key)) known.set(key, { key, software });
  }
  return [...known.values()];
}

/** The same everywhere it is named; a name may hold what no identifier may. */
export const softwareKey = ({ name, version }: Pick<ProvenanceSoftware, 'name' | 'version'>): string =>
  `software-${safeKey(name)}-${safeKey(version)}`;
export const agentKey = (owner: string): string => `agent-${safeKey(owner)}`;

/** Letters, digits, dots and hyphens as they are, all else as `_` and its code points in hexadecimal: different names stay different. */
const safeKey = (name: string): string =>
  name.replace(/[^A-Za-z0-9.-]/gu, (sign) => `_${(sign.codePointAt(0) ?? 0).toString(16)}_`);

/** When the newest run ended: the time of the whole, the same each time that it is told. */
export function newestTime({ runs, items }: ProvenanceDocument): string {
  const times = [
    ...runs.flatMap(({ endedAt }) => (endedAt === null ? [] : [endedAt])),
    ...items.map(({ registeredAt }) => registeredAt),
  ];
  return times.reduce((newest, time) => (time > newest ? time : newest), '1970-01-01T00:00:00.000Z');
}

/** Keys of the entities that each run used, or made, each once. */
export function entitiesByRun(
  rows: readonly { readonly runId: number; readonly itemId: number; readonly sha256: string }[],
): ReadonlyMap<number, readonly string[]> {
  const byRun = new Map<number, Set<string>>();
  for (const { runId, itemId, sha256 } of rows) {
    const known = byRun.get(runId) ?? new Set();
    byRun.set(runId, known.add(entityKey(itemId, sha256)));
  }
  return new Map([...byRun].map(([runId, keys]) => [runId, [...keys]]));
}
