import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LAB_SITES, type LabSite } from '@meridian/hpc/testing';
import type { Lab } from './lab-cluster.js';

/** What somebody got wrong about a location, and what is said of it. */
export interface Mistake {
  readonly name: string;
  readonly site: LabSite;
  readonly backendConfig?: Readonly<Record<string, unknown>>;
  readonly location?: Readonly<Record<string, unknown>>;
  readonly says: RegExp;
}

/** Things that nobody should have given to Meridian. */
export interface WrongSecrets {
  readonly garbage: string;
  readonly expired: string;
  readonly ofOther: string;
  readonly otherKey: string;
}

/** Nobody listens there. */
const CLOSED_PORT = 1;
const NOBODYS_KEY = `SHA256:${'A'.repeat(43)}`;
/** The shortest life of a token, in seconds, and the time after which it has certainly ended: Slurm counts whole seconds. */
const MOMENT = 1;
const ENDED_MS = (MOMENT + 2) * 1000;

/** In files below a directory that the lab's user can read. */
export async function writeSecrets(lab: Lab, base: string): Promise<WrongSecrets> {
  const directory = join(base, 'secrets');
  mkdirSync(directory, { mode: 0o700 });
  lab.give(directory);
  const write = (name: string, content: string): string => {
    const path = join(directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return lab.give(path);
  };
  const secrets = {
    garbage: write('garbage', 'not.a.token\n'),
    expired: write('expired', lab.token(MOMENT)),
    ofOther: write('of-other', lab.token(600, lab.facts.other_user)),
    otherKey: write('other-key', readFileSync(lab.facts.other_ssh_key_file, 'utf8')),
  };
  await setTimeout(ENDED_MS);
  return secrets;
}

export const mistakesOf = (lab: Lab, secrets: WrongSecrets): readonly Mistake[] => [
  ...MISTAKES_OF_BOTH,
  ...mistakesOfRest(lab, secrets),
  ...mistakesOfSsh(lab, secrets),
];

const MISTAKES_OF_BOTH: readonly Mistake[] = [
  ...LAB_SITES.flatMap((site): Mistake[] => [
    {
      name: `partition-${site}`,
      site,
      backendConfig: { partition: 'fast' },
      says: /partition "fast" .* does not exist/,
    },
    { name: `misspelt-${site}`, site, backendConfig: { partiton: 'debug' }, says: /partiton/ },
    { name: `base-${site}`, site, location: { base_path: '/nowhere/jobs' }, says: /\/nowhere\/jobs/ },
  ]),
];

const mistakesOfRest = (lab: Lab, secrets: WrongSecrets): Mistake[] =>
  [
    { name: 'host-rest', backendConfig: { url: 'http://nowhere.invalid:6820' }, says: /nowhere\.invalid/ },
    {
      name: 'port-rest',
      backendConfig: { url: `http://127.0.0.1:${CLOSED_PORT}` },
      says: /127\.0\.0\.1:1\b.*refused/i,
    },
    { name: 'token-garbage', backendConfig: { token: { file: secrets.garbage } }, says: /token/ },
    { name: 'token-expired', backendConfig: { token: { file: secrets.expired } }, says: /token.*expired/ },
    { name: 'token-of-other', backendConfig: { token: { file: secrets.ofOther } }, says: /token/ },
    {
      name: 'token-missing',
      backendConfig: { token: { file: '/nowhere/token' } },
      says: /\/nowhere\/token/,
    },
    { name: 'version-old', backendConfig: { api_version: notServed(lab) }, says: /v0\.0\.(39|45)/ },
    { name: 'version-new', backendConfig: { api_version: 'v0.0.99' }, says: /api_version.*v0\.0\.38/ },
  ].map((mistake) => ({ ...mistake, site: 'lab-rest' as const }));

const mistakesOfSsh = ({ facts }: Lab, secrets: WrongSecrets): Mistake[] =>
  [
    { name: 'host-ssh', backendConfig: { host: 'nowhere.invalid' }, says: /nowhere\.invalid/ },
    {
      name: 'port-ssh',
      backendConfig: { port: CLOSED_PORT },
      says: /connect to 127\.0\.0\.1, port 1\b.*refused/i,
    },
    {
      name: 'port-of-another-service',
      backendConfig: { port: Number(new URL(facts.rest_url).port) },
      says: /connect to 127\.0\.0\.1, port/,
    },
    {
      name: 'key-of-other',
      backendConfig: { private_key_file: secrets.otherKey },
      says: new RegExp(`does not let ${facts.ssh_user} in`),
    },
    { name: 'key-missing', backendConfig: { private_key_file: '/nowhere/key' }, says: /\/nowhere\/key/ },
    { name: 'host-key', backendConfig: { host_key: NOBODYS_KEY }, says: /host key of 127\.0\.0\.1/ },
  ].map((mistake) => ({ ...mistake, site: 'lab-ssh' as const }));

/** A version that Meridian speaks and this cluster does not. */
const notServed = ({ facts }: Lab): string =>
  facts.rest_api_versions.includes('v0.0.45') ? 'v0.0.39' : 'v0.0.45';
