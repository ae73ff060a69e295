export * from './hpc-backend.contract.js';
