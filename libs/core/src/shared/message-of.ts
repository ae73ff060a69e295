/** What went wrong says of itself; also when it comes from another realm, where `instanceof Error` is false. */
export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
