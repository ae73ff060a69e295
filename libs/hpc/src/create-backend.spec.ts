import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { BackendCache } from './backend-cache.js';
import { createBackend, createSite, type BackendLocation } from './create-backend.js';
import { FakeBackend } from './fake/fake.backend.js';
import { SiteAway } from './site-files/site-files.js';

const basePath = mkdtempSync(`${tmpdir()}/meridian-backend-`);
afterAll(() => rmSync(basePath, { recursive: true, force: true }));

const location = (change: Partial<BackendLocation>): BackendLocation => ({
  name: 'here',
  backend: 'local',
  backendConfig: {},
  basePath,
  ...change,
});

it('a local location gets a local backend of the size it says', async () => {
  const backend = createBackend(location({ backendConfig: { cpus: 3, memory_mb: 500, jobs: 2 } }), {
    startsJobs: false,
  });
  expect(await backend.capabilities()).toMatchObject({
    backend: 'local',
    details: { cpus: 3, memory_mb: 500, jobs: 2 },
  });
});

it.each(['pbs', 'fake', null])('the backend %j is not available, and the error says which are', (backend) => {
  const fake = { toy: () => new FakeBackend() };
  expect(() => createBackend(location({ backend }), { startsJobs: false, backends: fake })).toThrow(
    expect.objectContaining({
      code: 'backend.not_available',
      action: 'Use one of: local, slurm-rest, slurm-ssh, toy.',
    }) as Error,
  );
});

const REST = { url: 'http://cluster:6820', user: 'astro', token: { file: '/run/token' } };
const SSH = {
  host: 'cluster',
  user: 'astro',
  agent_socket: '/run/agent',
  host_key: `SHA256:${'a'.repeat(43)}`,
};

it.each([
  ['slurm-rest', REST],
  ['slurm-ssh', SSH],
])('a %s location gets a backend without asking the site anything', async (backend, backendConfig) => {
  const requests: string[] = [];
  const made = createBackend(location({ backend, backendConfig: { ...backendConfig, partition: 'debug' } }), {
    startsJobs: true,
    onRequest: (kind) => requests.push(kind),
  });
  await made.close();
  expect(requests).toEqual([]);
});

it.each([
  ['slurm-rest', { ...REST, partiton: 'debug' }, '"partiton" is none of'],
  ['slurm-rest', { ...REST, environment: { CPUS: 3 } }, '"environment" is not an object of texts'],
  ['slurm-rest', { ...REST, token: {} }, '"token.file"'],
  ['slurm-ssh', { ...SSH, host_key: 'aa:bb' }, '"host_key"'],
  ['slurm-ssh', { ...SSH, files: 'nfs' }, '"files" is neither mounted nor sftp'],
  ['slurm-ssh', { ...SSH, files: 'sftp', channels: 1 }, '"channels" is less than 2'],
  ['slurm-rest', { ...REST, files: 'sftp' }, '"files" is none of'],
])(
  'a %s location with the settings %j is refused, and the error names %s',
  (backend, backendConfig, named) => {
    expect(() => createBackend(location({ backend, backendConfig }), { startsJobs: true })).toThrow(
      expect.objectContaining({
        code: 'backend.config_invalid',
        message: expect.stringContaining(named) as string,
      }) as Error,
    );
  },
);

it.each([
  ['local', {}, 'mounted'],
  ['slurm-rest', REST, 'mounted'],
  ['slurm-ssh', SSH, 'mounted'],
  ['slurm-ssh', { ...SSH, files: 'mounted' }, 'mounted'],
  ['slurm-ssh', { ...SSH, files: 'sftp' }, 'sftp'],
])('the files of a %s location with the settings %j are %s', async (backend, backendConfig, reach) => {
  const site = createSite(location({ backend, backendConfig }), { startsJobs: false });
  expect(site.files.reach).toBe(reach);
  await site.backend.close();
});

it('files at a site that does not answer are away, which is no word about any of them', async () => {
  const unreachable = { ...SSH, host: '127.0.0.1', port: 1, agent_socket: `${basePath}/none`, files: 'sftp' };
  const { backend, files } = createSite(location({ backend: 'slurm-ssh', backendConfig: unreachable }), {
    startsJobs: false,
  });
  await expect(files.stat(basePath)).rejects.toThrow(SiteAway);
  await expect(files.writeAtomically(`${basePath}/file`, 'text', 0o644)).rejects.toThrow(SiteAway);
  await expect(files.hash(`${basePath}/file`)).rejects.toThrow(SiteAway);
  await backend.close();
});

it('wrong settings leave the way to files that are mounted, and none to others', () => {
  const cache = new BackendCache({ startsJobs: false, onProblem: () => undefined });
  const wrong = { ...SSH, host_key: 'aa:bb' };
  const at = (id: number, backendConfig: BackendLocation['backendConfig']) =>
    cache.filesOf({ id, ...location({ backend: 'slurm-ssh', backendConfig }) });
  expect(at(1, wrong)?.reach).toBe('mounted');
  expect(at(2, { ...wrong, files: 'sftp' })).toBeNull();
});

it('a backend that the caller brings wins', () => {
  const fake = new FakeBackend();
  expect(
    createBackend(location({ backend: 'fake' }), { startsJobs: false, backends: { fake: () => fake } }),
  ).toBe(fake);
});

it.each([{ cpu: 1 }, { cpus: 0 }, { cpus: '4' }, { memory_mb: 1.5 }, { state_directory: 'relative' }])(
  'the settings %j are refused',
  (backendConfig) => {
    expect(() => createBackend(location({ backendConfig }), { startsJobs: false })).toThrow(
      expect.objectContaining({ code: 'backend.config_invalid' }) as Error,
    );
  },
);
