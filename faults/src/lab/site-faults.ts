import { setTimeout as sleep } from 'node:timers/promises';
import type { WireFault } from './armed-faults.js';
import { gatewayOf, type Injector, type LabParts } from './injector.js';

const SECOND = 1_000;
/** Armed faults wait for their exchange; more than these would only wait for each other. */
const MOST_ARMED = 3;

/** What happens to the cluster and on the way to it. */
export const siteFaults = (parts: LabParts): Injector[] => [
  onTheWire(parts, 'request_lost', 6),
  onTheWire(parts, 'reply_lost', 9),
  onTheWire(parts, 'slow_reply', 5),
  onTheWire(parts, 'late_submission', 3),
  controllerSilent(parts),
  accountingDown(parts),
  gatewayRestarted(parts),
  nodeFailed(parts),
];

/** Counted when an exchange meets it. */
function onTheWire({ random, armed }: LabParts, kind: WireFault, weight: number): Injector {
  return {
    kind,
    weight,
    parts: [],
    inject: async () => {
      if (armed.waiting >= MOST_ARMED) return;
      const on = random.pick(['submit', 'submit', 'cancel', null] as const);
      armed.arm({ fault: kind, on: kind === 'late_submission' ? 'submit' : on === 'cancel' ? null : on });
    },
  };
}

function controllerSilent({ random, ledger, cluster }: LabParts): Injector {
  return {
    kind: 'site_silent',
    weight: 4,
    parts: ['controller', 'jobs'],
    inject: async () => {
      const how = random.pick(['restart', 'stop', 'pause'] as const);
      const milliseconds = random.between(2, 7) * SECOND;
      ledger.count('site_silent', `slurmctld: ${how}, ${Math.round(milliseconds)} ms`);
      await cluster.service(how, 'slurmctld');
      if (how !== 'restart') await sleep(milliseconds);
      if (how !== 'restart') await cluster.service(how === 'stop' ? 'start' : 'resume', 'slurmctld');
      await cluster.awake();
    },
  };
}

function accountingDown({ random, ledger, cluster }: LabParts): Injector {
  return {
    kind: 'accounting_down',
    weight: 3,
    parts: ['accounting'],
    inject: async () => {
      const milliseconds = random.between(2, 10) * SECOND;
      ledger.count('accounting_down', `slurmdbd stopped for ${Math.round(milliseconds)} ms`);
      await cluster.service('stop', 'slurmdbd');
      await sleep(milliseconds);
      await cluster.service('start', 'slurmdbd');
    },
  };
}

function gatewayRestarted({ site, random, ledger, cluster }: LabParts): Injector {
  const name = gatewayOf(site);
  return {
    kind: 'gateway_restarted',
    weight: 4,
    parts: ['gateway'],
    inject: async () => {
      ledger.count('gateway_restarted', name);
      await cluster.service('stop', name);
      await sleep(random.between(0, 3) * SECOND);
      await cluster.service('start', name);
    },
  };
}

/** Drained first, so that what runs there is known when it goes down. */
function nodeFailed({ random, ledger, cluster }: LabParts): Injector {
  const update = (node: string, state: string): Promise<string> =>
    cluster.slurm('scontrol', 'update', `nodename=${node}`, `state=${state}`, 'reason=faults');
  return {
    kind: 'node_failed',
    weight: 3,
    parts: ['controller', 'jobs'],
    inject: async () => {
      const node = random.pick(cluster.facts.nodes);
      await update(node, 'drain');
      try {
        const jobs = await cluster.queue('-w', node);
        for (const { token } of jobs) ledger.excuse(token, 'node_failed');
        ledger.count('node_failed', `${node} under ${jobs.map(({ token }) => token).join()}`);
        await update(node, 'down');
        await sleep(random.between(1, 3) * SECOND);
      } finally {
        await update(node, 'resume');
      }
    },
  };
}
