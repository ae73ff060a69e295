/** What the machine gives to jobs. */
export interface Capacity {
  readonly cpus: number;
  readonly memoryMb: number;
  readonly jobs: number;
}

export interface Demand {
  readonly cpus: number;
  readonly memoryMb: number;
}

/**
 * The jobs to start now, first come first served: a large job at the head waits until enough is free and is not overtaken,
 * so it cannot starve. One that asks for more than the machine has counts as all of it and runs alone.
 */
export function chooseJobs<Job extends Demand>(
  queued: readonly Job[],
  running: readonly Demand[],
  capacity: Capacity,
): Job[] {
  let free = running.reduce<Capacity>((left, job) => less(left, job, capacity), capacity);
  const chosen: Job[] = [];
  for (const job of queued) {
    const rest = less(free, job, capacity);
    if (rest.cpus < 0 || rest.memoryMb < 0 || rest.jobs < 0) break;
    free = rest;
    chosen.push(job);
  }
  return chosen;
}

const less = (free: Capacity, job: Demand, whole: Capacity): Capacity => ({
  cpus: free.cpus - Math.min(job.cpus, whole.cpus),
  memoryMb: free.memoryMb - Math.min(job.memoryMb, whole.memoryMb),
  jobs: free.jobs - 1,
});
