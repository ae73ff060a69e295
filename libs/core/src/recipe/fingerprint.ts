import { sha256Hex } from './hashing.js';

/** One member of a set of inputs, as the fingerprint sees it. */
export interface FingerprintItem {
  readonly id: number;
  readonly contentHash: string;
}

/**
 * Two independent signed 64-bit hashes of (id, content hash): what data_item.hash_a and hash_b hold.
 *
 * Sums of them modulo 2^64 are the fingerprint of any set of items, whatever the order, and a member can be added
 * or taken away without looking at the others.
 */
export function itemHashes(id: number, contentHash: string): [bigint, bigint] {
  const digest = sha256Hex(`${id}:${contentHash}`);
  return [signed64(digest.slice(0, 16)), signed64(digest.slice(16, 32))];
}

/** Order-independent fingerprint of a set of items: 32 hexadecimal digits, equal to SQL `fingerprint(sum(hash_a), sum(hash_b))`. */
export function fingerprintOf(items: Iterable<FingerprintItem>): string {
  let sumA = 0n;
  let sumB = 0n;
  for (const item of items) {
    const [a, b] = itemHashes(item.id, item.contentHash);
    sumA += a;
    sumB += b;
  }
  return hex64(sumA) + hex64(sumB);
}

/** The fingerprint of what is left of a set when another, that it contains, is taken away. */
export const subtractFingerprints = (whole: string, part: string): string =>
  [0, 16].map((at) => hex64(number64(whole, at) - number64(part, at))).join('');

const number64 = (fingerprint: string, at: number): bigint => BigInt(`0x${fingerprint.slice(at, at + 16)}`);
const signed64 = (hex: string): bigint => BigInt.asIntN(64, BigInt(`0x${hex}`));
const hex64 = (sum: bigint): string => BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
