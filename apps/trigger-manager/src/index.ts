// What benchmarks and whole-system tests drive by hand; the daemon itself starts in main.ts.
export { EvaluateGapsPass, type EvaluateGapsOptions } from './passes/evaluate-gaps.pass.js';
export { TrimChangesPass, type TrimChangesOptions } from './passes/trim-changes.pass.js';
