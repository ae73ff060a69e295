import { isJsonObject } from '@meridian/core';
import type { Home } from './home.js';
import { readJsonFile, writePrivately } from './home.js';
import { isSameProcess } from './process-identity.js';
import type { ProcessIdentity } from './process-identity.js';

export type SupervisorState = 'starting' | 'ready' | 'stopping' | 'stopped';

/** `supervisor.json`: what runs in a home, for other processes to find. */
export interface SupervisorRecord extends ProcessIdentity {
  readonly state: SupervisorState;
  readonly api_url: string | null;
  readonly database: 'embedded' | 'external';
  readonly home: string;
  readonly since: string;
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
}

/** The record as it was last written, whether its supervisor lives or not. */
export function readRecord(home: Home): SupervisorRecord | null {
  const value = readJsonFile(home.record);
  return isJsonObject(value) && typeof value['pid'] === 'number' && isJsonObject(value['processes'])
    ? (value as unknown as SupervisorRecord)
    : null;
}

/** The record of a living supervisor; null when none runs here. */
export function runningSupervisor(home: Home): SupervisorRecord | null {
  const record = readRecord(home);
  return record !== null && record.state !== 'stopped' && isSameProcess(record) ? record : null;
}

export const writeRecord = (home: Home, record: SupervisorRecord): void =>
  writePrivately(home.record, `${JSON.stringify(record, null, 2)}\n`);
