/** Every daemon of an installation, in the order of the life of a run. */
export const DAEMONS = ['trigger-manager', 'workflow-manager', 'result-manager'] as const;
export type DaemonName = (typeof DAEMONS)[number];
