import type { Dims, JsonScalar, Problem } from '@meridian/core';
import type { RawFileRecord, RawFileReferenceNames, RawFileReferences } from '@meridian/ops-db';
import type { RawFileRow } from './parse-raw-file-row.js';

const distinct = (values: Iterable<string | null>): string[] =>
  [...new Set(values)].filter((value) => value !== null);

/** Every name that the rows use, once. */
export const referencesOf = (rows: readonly RawFileRow[]): RawFileReferenceNames => ({
  locations: distinct(rows.map((row) => row.location)),
  modules: distinct(rows.map((row) => row.instrumentModule)),
  executedObsUnits: distinct(rows.map((row) => row.executedObsUnitId)),
  packages: distinct(rows.map((row) => row.packageExternalId)),
});

interface Reporting {
  /** JSON pointer of the row. */
  readonly path: string;
  readonly problems: Problem[];
}

type Owner = RawFileReferences['packages'][string];
type Module = RawFileReferences['modules'][string];

/**
 * The row with its names replaced by ids and its dims completed from what it belongs to: executed obs unit, module,
 * package. Null after reporting every name that does not exist and every dimension that contradicts them.
 */
export function resolveRow(
  row: RawFileRow,
  references: RawFileReferences,
  reporting: Reporting,
): RawFileRecord | null {
  const before = reporting.problems.length;
  const look = lookUp(reporting);
  const locationId = look(references.locations, row.location, 'location');
  const module = look(references.modules, row.instrumentModule, 'instrument_module');
  const executed = look(references.executedObsUnits, row.executedObsUnitId, 'executed_obs_unit', '_id');
  const owner = look(references.packages, row.packageExternalId, 'raw_data_package', '_external_id');
  reportForeignPackage(row, { owner, module }, reporting);
  // What a module says about instrument and telescope is a fact; what the obs unit says was the plan.
  const implied: Dims = { ...executed?.dims, ...module?.dims, ...owner?.dims, raw_data_file: row.name };
  reportContradictions(row.dims, implied, reporting);
  if (reporting.problems.length > before || locationId === null) return null;
  return {
    externalId: row.externalId,
    name: row.name,
    dims: { ...row.dims, ...implied },
    contentHash: row.sha256,
    sizeBytes: row.sizeBytes,
    obsTime: row.obsTime,
    obsTimeEnd: row.obsTimeEnd,
    raDeg: row.raDeg,
    decDeg: row.decDeg,
    metadata: row.metadata,
    packageId: owner?.id ?? null,
    executedObsUnitId: row.executedObsUnitId ?? owner?.executedObsUnitId ?? null,
    moduleId: module?.id ?? owner?.moduleId ?? null,
    locationId,
    path: row.path,
  };
}

/** Finds names in tables; a name that is not null and not there is reported under the field `<noun><suffix>`. */
const lookUp =
  ({ path, problems }: Reporting) =>
  <Value>(
    table: Readonly<Record<string, Value>>,
    name: string | null,
    noun: string,
    suffix = '',
  ): Value | null => {
    if (name === null) return null;
    const found = Object.hasOwn(table, name) ? table[name] : undefined;
    if (found !== undefined) return found;
    const message = `${JSON.stringify(name)} does not exist`;
    problems.push({ code: `${noun}.unknown`, path: `${path}/${noun}${suffix}`, message });
    return null;
  };

function reportForeignPackage(
  row: RawFileRow,
  { owner, module }: { readonly owner: Owner | null; readonly module: Module | null },
  { path, problems }: Reporting,
): void {
  const report = (field: string): void =>
    void problems.push({
      code: 'raw_data_file.not_of_package',
      path: `${path}/${field}`,
      message: 'its package is of another one',
    });
  if (owner === null) return;
  if (row.executedObsUnitId !== null && row.executedObsUnitId !== owner.executedObsUnitId)
    report('executed_obs_unit_id');
  if (module !== null && module.id !== owner.moduleId) report('instrument_module');
}

function reportContradictions(given: Dims, implied: Dims, { path, problems }: Reporting): void {
  for (const [name, value] of Object.entries(given)) {
    const fact: JsonScalar | undefined = Object.hasOwn(implied, name) ? implied[name] : undefined;
    if (fact === undefined || fact === value) continue;
    const message = `${JSON.stringify(value)} contradicts ${JSON.stringify(fact)}, which follows from what the file belongs to`;
    problems.push({ code: 'dims.contradiction', path: `${path}/dims/${name}`, message });
  }
}
