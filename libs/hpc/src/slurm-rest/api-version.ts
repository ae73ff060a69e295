/** The API versions of slurmrestd that have been looked at, oldest first: Slurm 22.05 to 26.05. */
export const API_VERSIONS = [
  'v0.0.38',
  'v0.0.39',
  'v0.0.40',
  'v0.0.41',
  'v0.0.42',
  'v0.0.43',
  'v0.0.44',
  'v0.0.45',
] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

export const isApiVersion = (text: string): text is ApiVersion =>
  (API_VERSIONS as readonly string[]).includes(text);

/** The versions that a server's OpenAPI document serves jobs in, oldest first. */
export function servedVersions(paths: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    const [, version] = /^\/slurm\/(v\d+\.\d+\.\d+)\/job\/submit$/.exec(path) ?? [];
    if (version !== undefined) found.add(version);
  }
  return [...found].sort((one, other) => rank(one) - rank(other));
}

/** The newest version that both sides speak; null when there is none. */
export const newestCommon = (served: readonly string[]): ApiVersion | null =>
  [...API_VERSIONS].reverse().find((version) => served.includes(version)) ?? null;

const rank = (version: string): number =>
  version
    .slice(1)
    .split('.')
    .reduce((sum, part) => sum * 1000 + Number(part), 0);
