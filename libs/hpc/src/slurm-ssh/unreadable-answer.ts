import { SlurmSilence } from '../slurm/slurm-client.js';

/** Something answered, but not what was asked, or not in a way that is known here. It proves nothing. */
export class UnreadableAnswer extends SlurmSilence {}
