import { createSite } from '../create-backend.js';
import type { SiteFiles } from '../site-files/site-files.js';

/** The files of a site where nobody answers: not those of a made-up one, but what the real adapter does then. */
export const unreachableFiles = (): SiteFiles =>
  createSite(
    {
      name: 'away',
      backend: 'slurm-ssh',
      basePath: '/data/jobs',
      backendConfig: {
        host: '127.0.0.1',
        port: 1,
        user: 'nobody',
        agent_socket: '/no/agent',
        host_key: `SHA256:${'a'.repeat(43)}`,
        files: 'sftp',
      },
    },
    { startsJobs: false },
  ).files;
