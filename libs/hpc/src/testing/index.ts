export * from './hpc-backend.contract.js';
export * from './site-files.contract.js';
export { labDirectory, labFacts, type LabFacts } from './lab.js';
export * from './unreachable-files.js';
