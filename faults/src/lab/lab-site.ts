import type { LabSite } from '@meridian/hpc/testing/lab';
import type { FaultRun, FaultRunOptions } from '../report.js';
import { labWorld } from './lab-world.js';

/** One world on a real cluster; the seed gives what is done when, and the machine how it meets what happens anyway. */
export const faultsOnLab =
  (site: LabSite) =>
  async (options: FaultRunOptions): Promise<FaultRun> => {
    const world = await labWorld(site, options);
    options.onWorld(world);
    return { worlds: [world] };
  };
