import {
  measureInWords,
  worse,
  type Bounds,
  type DriftRule,
  type QaVerdict,
  type QualityRule,
} from './quality-rule.js';

/** What one rule found. */
export interface QualityFinding {
  /** The measure in words. */
  readonly measure: string;
  readonly value: number | null;
  readonly verdict: QaVerdict;
  /** Why it is not PASS; empty when it is. */
  readonly reason: string;
}

export interface QualityJudgement {
  readonly verdict: QaVerdict;
  readonly findings: readonly QualityFinding[];
}

/** A rule with the number that it looks at, and those of earlier runs. */
export interface MeasuredRule {
  readonly rule: QualityRule;
  /** Null: it was not measured. */
  readonly value: number | null;
  readonly earlier: readonly number[];
}

/** The worst verdict of all rules; PASS without any. */
export function judgeQuality(measured: readonly MeasuredRule[]): QualityJudgement {
  const findings = measured.map(findingOf);
  return {
    verdict: findings.reduce<QaVerdict>((worst, { verdict }) => worse(worst, verdict), 'PASS'),
    findings,
  };
}

function findingOf({ rule, value, earlier }: MeasuredRule): QualityFinding {
  const measure = measureInWords(rule.measure);
  if (value === null || Number.isNaN(value)) {
    const { missing } = rule;
    return {
      measure,
      value: null,
      verdict: missing,
      reason: missing === 'PASS' ? '' : 'it was not measured',
    };
  }
  const bad = outside(value, rule.accept);
  if (bad !== null) return { measure, value, verdict: 'FAIL', reason: bad };
  const drifted = rule.drift === null ? null : driftOf(value, earlier, rule.drift);
  if (drifted?.verdict === 'FAIL') return { measure, value, ...drifted };
  const poor = outside(value, rule.good);
  if (poor !== null) return { measure, value, verdict: 'WARN', reason: poor };
  return { measure, value, ...(drifted ?? { verdict: 'PASS' as const, reason: '' }) };
}

function outside(value: number, { min, max }: Bounds): string | null {
  if (min !== null && value < min) return `${plain(value)} is below ${plain(min)}`;
  if (max !== null && value > max) return `${plain(value)} is above ${plain(max)}`;
  return null;
}

/** Of a normal distribution, the standard deviation is so many median absolute deviations. */
const SIGMA_PER_MAD = 1.4826;

/** Null when there is too little to compare with, or the number is where it was. */
function driftOf(
  value: number,
  earlier: readonly number[],
  { atLeast, warnSigma, failSigma }: DriftRule,
): { verdict: QaVerdict; reason: string } | null {
  if (earlier.length < atLeast) return null;
  const centre = median(earlier);
  const sigma = SIGMA_PER_MAD * median(earlier.map((one) => Math.abs(one - centre)));
  const distance = Math.abs(value - centre);
  // Numbers that never changed have no width: any other is far away.
  const inSigma = sigma > 0 ? distance / sigma : distance > 0 ? Infinity : 0;
  if (inSigma <= warnSigma) return null;
  const width = sigma > 0 ? `${inSigma.toFixed(1)} σ from` : 'unlike';
  return {
    verdict: inSigma > failSigma ? 'FAIL' : 'WARN',
    reason: `${plain(value)} is ${width} the median ${plain(centre)} of the last ${earlier.length}`,
  };
}

/** @throws RangeError of an empty list, which has none */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('the median of nothing');
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

const plain = (value: number): string => String(Number(value.toPrecision(6)));
