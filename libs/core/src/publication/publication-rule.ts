import type { ProductType } from '../output/product-type.js';
import { QA_VERDICTS, type QaVerdict } from '../quality/quality-rule.js';

/** What must be true of a product, and of its run, when it becomes public. */
export interface PublicationGate {
  /** The worst verdict that may be published. */
  readonly worst: Exclude<QaVerdict, 'FAIL'>;
  /** A person must have given the verdict. */
  readonly reviewed: boolean;
  /** Types of which the run must have a product, of which the bytes are verified. */
  readonly companions: readonly ProductType[];
}

/** What a step says of the publication of its products. */
export interface PublicationRule {
  readonly types: readonly ProductType[];
  /** The location that the public reads. */
  readonly to: string;
  /** Without it, only when somebody asks. */
  readonly automatic: boolean;
  readonly gate: PublicationGate;
  /** How often copying is tried. */
  readonly maxAttempts: number;
}

/** What is known of a product when the gate is looked at. */
export interface GateFacts {
  /** Null: nobody and no rule has judged its run. */
  readonly verdict: QaVerdict | null;
  readonly isReviewed: boolean;
  readonly isSuperseded: boolean;
  /** Marked bad, or made of what is. */
  readonly isTainted: boolean;
  /** Its bytes are there and were compared with its checksum. */
  readonly isVerified: boolean;
  /** Types of the verified products of its run. */
  readonly companions: ReadonlySet<ProductType>;
}

/** Why a product may not become public; open gates have no reasons. */
export interface GateReasons {
  /** It never may, as it is: another result, or another word about this one, is needed. */
  readonly rejects: readonly string[];
  /** It may yet: somebody or something is still to come. */
  readonly waits: readonly string[];
}

/** What the gate says now. A run that was not judged never passes: silence is no verdict. */
export function gateReasons(gate: PublicationGate, facts: GateFacts): GateReasons {
  const { verdict } = facts;
  const isGood = verdict !== null && QA_VERDICTS.indexOf(verdict) <= QA_VERDICTS.indexOf(gate.worst);
  const judged =
    verdict === null
      ? 'its run was not judged'
      : `its verdict is ${verdict}, and ${gate.worst} is the worst allowed`;
  return {
    rejects: [
      ...(!isGood && verdict === 'FAIL' ? [judged] : []),
      ...(facts.isSuperseded ? ['a newer result has replaced it'] : []),
      ...(facts.isTainted ? ['it is, or is made of, what was marked bad'] : []),
    ],
    waits: [
      ...(!isGood && verdict !== 'FAIL' ? [judged] : []),
      ...(gate.reviewed && !facts.isReviewed ? ['nobody has reviewed it'] : []),
      ...(facts.isVerified ? [] : ['its bytes are not there, or were not verified']),
      ...gate.companions
        .filter((type) => !facts.companions.has(type))
        .map((type) => `its run has no verified ${type} product`),
    ],
  };
}
