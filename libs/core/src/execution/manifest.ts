import type { AssociationMethod, AssociationRole } from '../association/association.js';
import type { Dims, JsonObject } from '../shared/json.js';
import type { Resources } from './job.js';

/** The version of the container contract: what a tool may rely on. docs/container-contract.md describes it. */
export const CONTRACT_VERSION = 1;

export const MANIFEST_INPUT_ROLES = ['member', 'upstream', 'association'] as const;
export type ManifestInputRole = (typeof MANIFEST_INPUT_ROLES)[number];

/** One input file. `path` is absolute, as the tool sees it; `product_type` is null for what no run made. */
export interface ManifestInput {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly dims: Dims;
  readonly role: ManifestInputRole;
  readonly product_type: string | null;
  /** The name of the association that bound it, and of its folder; absent for members and upstream products. */
  readonly binding?: string;
  readonly association?: ManifestAssociation;
  /** Of raw data, whatever database it is registered in. */
  readonly external_id?: string;
  /** Of a product: the attempt that made it, and its path there. */
  readonly made_by?: { readonly token: string; readonly path: string };
}

/** How an associated input was chosen. The weights of a pair that is interpolated between add up to 1. */
export interface ManifestAssociation {
  readonly role: AssociationRole;
  readonly method: AssociationMethod;
  /** From the middle of the run's own inputs to the middle of its validity; negative is before. */
  readonly offset_seconds: number;
  readonly weight: number;
}

/** What of a run's record cannot be told from the rest: from it the record is made again when the database is lost. */
export interface ManifestProvenance {
  readonly location: string;
  readonly sub_group: { readonly key: string; readonly dims: Dims };
  readonly recipe: { readonly hash: string; readonly document: JsonObject };
  readonly software_hash: string;
  readonly config_hash: string;
  readonly priority: number;
  readonly causes: readonly string[];
  readonly created_at: string;
  /** The run whose products this one only makes again; null for a run that makes a result. */
  readonly remakes_run: number | null;
}

export interface ManifestSoftware {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

/** `manifest.json`: everything a run needs to know about itself. Its JSON Schema is docs/schemas/manifest.schema.json. */
export interface Manifest {
  readonly contract_version: typeof CONTRACT_VERSION;
  readonly run: { readonly id: number; readonly attempt: number; readonly dims: Dims };
  readonly pipeline: string;
  readonly step: string;
  readonly is_final_step: boolean;
  readonly software: ManifestSoftware;
  readonly config: JsonObject;
  readonly resources: {
    readonly cpus: number;
    readonly memory_mb: number;
    readonly walltime_minutes: number;
  };
  readonly inputs: readonly ManifestInput[];
  /** The step's promises and typing rules, as the definitions file says them. */
  readonly outputs: JsonObject;
  readonly provenance: ManifestProvenance;
}

export interface ManifestFacts {
  readonly runId: number;
  readonly attempt: number;
  readonly runDims: Dims;
  readonly pipeline: string;
  readonly step: string;
  readonly isFinalStep: boolean;
  readonly software: ManifestSoftware;
  readonly config: JsonObject;
  readonly resources: Resources;
  readonly inputs: readonly ManifestInput[];
  readonly outputs: JsonObject;
  readonly provenance: ManifestProvenance;
}

/** The manifest of one attempt, inputs ordered by item id so that equal runs have equal manifests. */
export function buildManifest(facts: ManifestFacts): Manifest {
  return {
    contract_version: CONTRACT_VERSION,
    run: { id: facts.runId, attempt: facts.attempt, dims: facts.runDims },
    pipeline: facts.pipeline,
    step: facts.step,
    is_final_step: facts.isFinalStep,
    software: pick(facts.software),
    config: facts.config,
    resources: {
      cpus: facts.resources.cpus,
      memory_mb: facts.resources.memoryMb,
      walltime_minutes: facts.resources.walltimeMinutes,
    },
    inputs: [...facts.inputs].sort((left, right) => left.id - right.id || (left.path < right.path ? -1 : 1)),
    outputs: facts.outputs,
    provenance: facts.provenance,
  };
}

/** The file's text: indented, because people read it. */
export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

/** Only what the schema knows, even when the caller's object carries more. */
const pick = ({ name, version, digest }: ManifestSoftware): ManifestSoftware => ({ name, version, digest });
