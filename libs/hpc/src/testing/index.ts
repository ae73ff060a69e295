export * from './hpc-backend.contract.js';
export { labDirectory, labFacts, type LabFacts } from './lab.js';
