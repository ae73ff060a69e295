// What benchmarks and whole-system tests drive by hand; the daemon itself starts in main.ts.
export { CollectResultsPass, type CollectResultsOptions } from './passes/collect-results.pass.js';
export { ObserveJobsPass, type ObserveJobsOptions } from './passes/observe-jobs.pass.js';
