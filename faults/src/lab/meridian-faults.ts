import { setTimeout as sleep } from 'node:timers/promises';
import { canJumpClocks } from './daemon-fleet.js';
import type { Injector, LabParts } from './injector.js';

const SECOND = 1_000;
/** Longer than the daemons' leases. */
const SUSPENDED_SECONDS = [7, 11] as const;

/** What happens to Meridian's own processes, their database and their disk. */
export const meridianFaults = (parts: LabParts): Injector[] => [
  daemonKilled(parts),
  daemonSuspended(parts),
  ...(canJumpClocks() ? [clockJumped(parts)] : []),
  connectionCut(parts),
  databaseDown(parts, 'database_restarted', 2),
  databaseDown(parts, 'database_crashed', 2),
  ...(parts.disk.canFill ? [diskFull(parts)] : []),
];

const restartDelay = ({ random }: LabParts): number => random.between(0, 3) * SECOND;

function daemonKilled(parts: LabParts): Injector {
  const { random, ledger, fleet } = parts;
  return {
    kind: 'daemon_killed',
    weight: 16,
    parts: [],
    inject: async () => {
      const post = random.pick(fleet.posts);
      if (post.kill(restartDelay(parts))) ledger.count('daemon_killed', post.name);
    },
  };
}

function daemonSuspended({ random, ledger, fleet }: LabParts): Injector {
  return {
    kind: 'daemon_suspended',
    weight: 5,
    parts: [],
    inject: async () => {
      const post = random.pick(fleet.posts);
      const milliseconds = random.between(...SUSPENDED_SECONDS) * SECOND;
      if (await post.suspend(milliseconds))
        ledger.count('daemon_suspended', `${post.name} for ${Math.round(milliseconds)} ms until now`);
    },
  };
}

/** A process that is told another time from its start; the next that takes its place is told the right one. */
function clockJumped(parts: LabParts): Injector {
  const { random, ledger, fleet } = parts;
  return {
    kind: 'clock_jumped',
    weight: 4,
    parts: [],
    inject: async () => {
      const post = random.pick(fleet.posts);
      const offset = random.pick(['+3h', '-3h', '+26h', '-26h', '+90s', '-90s']);
      if (post.kill(restartDelay(parts), offset)) ledger.count('clock_jumped', `${post.name} to ${offset}`);
    },
  };
}

function connectionCut({ random, ledger, database }: LabParts): Injector {
  return {
    kind: 'connection_cut',
    weight: 8,
    parts: ['database'],
    inject: async () => {
      const name = random.pick(['ops-db-api', 'trigger-manager', 'workflow-manager', 'result-manager']);
      const count = await database.cut(name);
      if (count > 0) ledger.count('connection_cut', `${count} of ${name}`);
    },
  };
}

function databaseDown(
  { ledger, database }: LabParts,
  kind: 'database_restarted' | 'database_crashed',
  weight: number,
): Injector {
  return {
    kind,
    weight,
    parts: ['database'],
    inject: async () => {
      ledger.count(kind, '');
      await (kind === 'database_crashed' ? database.server.crash() : database.server.restart());
    },
  };
}

/** Whatever was under way meanwhile may have met it. */
function diskFull({ random, ledger, database, disk }: LabParts): Injector {
  return {
    kind: 'disk_full',
    weight: 3,
    parts: ['disk'],
    inject: async () => {
      const since = new Date();
      const milliseconds = random.between(1, 4) * SECOND;
      ledger.count('disk_full', `for ${Math.round(milliseconds)} ms`);
      try {
        await disk.fill();
        await sleep(milliseconds);
      } finally {
        await disk.free();
      }
      for (const token of await database.attemptsSince(since)) ledger.excuse(token, 'disk_full');
    },
  };
}
