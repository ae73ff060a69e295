/** Which bytes of a file to send: all, some (both ends included), or none because the range lies outside. */
export type ByteRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' };

/**
 * The Range header of a request for a file of `size` bytes (RFC 9110 §14.2).
 *
 * Several ranges, other units and what cannot be read are answered with the whole file, which the RFC allows.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(' ', '') ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (match === null || (from === '' && to === '')) return { kind: 'whole' };
  if (from === '') return suffix(Number(to), size);
  const first = Number(from);
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < first) return { kind: 'whole' };
  return first >= size ? { kind: 'unsatisfiable' } : { kind: 'part', first, last };
}

const suffix = (length: number, size: number): ByteRange =>
  length === 0 || size === 0
    ? { kind: 'unsatisfiable' }
    : { kind: 'part', first: Math.max(size - length, 0), last: size - 1 };
