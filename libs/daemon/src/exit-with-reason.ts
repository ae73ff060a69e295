import { DomainError } from '@meridian/core';

/** A daemon that cannot start says why in one line and exits: 2 for its configuration, 1 for the world around it. */
export function exitWithReason(error: unknown): never {
  const isConfiguration = error instanceof DomainError;
  console.error(
    isConfiguration ? `${error.message}\n${error.action}` : error instanceof Error ? error.message : error,
  );
  process.exit(isConfiguration ? 2 : 1);
}
