import type { ConfigReader } from '../config-reader.js';

/** What every job of a location asks Slurm for besides its resources; null leaves it to the site. */
export interface SlurmJobOptions {
  readonly partition: string | null;
  readonly account: string | null;
  readonly qos: string | null;
  readonly reservation: string | null;
  readonly constraint: string | null;
}

/** `partition`, `account`, `qos`, `reservation` and `constraint` of a location's backend_config. */
export const readJobOptions = (reader: ConfigReader): SlurmJobOptions => ({
  partition: reader.optionalText('partition'),
  account: reader.optionalText('account'),
  qos: reader.optionalText('qos'),
  reservation: reader.optionalText('reservation'),
  constraint: reader.optionalText('constraint'),
});
