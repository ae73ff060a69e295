import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayOf, type Injector, type LabParts, type Part } from './injector.js';
import { jobFaults } from './job-faults.js';
import { meridianFaults } from './meridian-faults.js';
import { siteFaults } from './site-faults.js';

const PAUSE_MS = [300, 3_000] as const;
const HEAL_TRIES = 5;

/** Lets things go wrong one after the other, some of them at the same time, in an order that the seed gives. */
export class LabChaos {
  private readonly injectors: readonly Injector[];
  private readonly busy = new Set<Part>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly parts: LabParts) {
    this.injectors = [...siteFaults(parts), ...jobFaults(parts), ...meridianFaults(parts)];
  }

  /** Until there were so many. */
  async rage(count: number, onFault: () => void): Promise<void> {
    const { random, ledger } = this.parts;
    while (ledger.total < count) {
      await sleep(random.between(...PAUSE_MS));
      this.next();
      onFault();
    }
  }

  /** Ends every fault, and repairs what one of them may have left broken. */
  async calm(): Promise<void> {
    const { armed, ledger, fleet, disk } = this.parts;
    armed.calm();
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    await disk.free();
    await this.healSite();
    for (const post of fleet.posts) if (post.hasOtherTime) post.kill(0);
    ledger.note('from here on nothing goes wrong any more');
  }

  private next(): void {
    const free = this.injectors.filter(({ parts }) => !parts.some((part) => this.busy.has(part)));
    const weights = Object.fromEntries(free.map(({ kind, weight }) => [kind, weight]));
    const chosen = this.parts.random.weighted(weights);
    const injector = free.find(({ kind }) => kind === chosen);
    if (injector === undefined) return;
    for (const part of injector.parts) this.busy.add(part);
    const work = injector
      .inject()
      .catch((error: unknown) => this.parts.ledger.note(`${chosen} did not go as meant: ${String(error)}`))
      .finally(() => {
        for (const part of injector.parts) this.busy.delete(part);
        this.underWay.delete(work);
      });
    this.underWay.add(work);
  }

  private async healSite(): Promise<void> {
    const { cluster, site } = this.parts;
    for (const service of ['slurmdbd', 'slurmctld', gatewayOf(site)])
      await this.surely(() => cluster.service('start', service));
    await cluster.awake();
    for (const node of cluster.facts.nodes)
      // Refused for a node that is well.
      await cluster.slurm('scontrol', 'update', `nodename=${node}`, 'state=resume').catch(() => undefined);
  }

  private async surely(act: () => Promise<void>): Promise<void> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await act();
      } catch (error) {
        if (tried === HEAL_TRIES) throw error;
        this.parts.ledger.note(`healing takes another try: ${String(error)}`);
        await sleep(1_000);
      }
    }
  }
}
