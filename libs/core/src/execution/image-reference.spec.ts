import type { DomainError } from '../shared/domain-error.js';
import { parseImageReference, pinnedReference } from './image-reference.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseImageReference', () => {
  it.each([
    ['docker://python', 'docker.io', 'library/python', 'latest', null],
    ['docker://alpine:3.20', 'docker.io', 'library/alpine', '3.20', null],
    ['docker://group/tool:1', 'docker.io', 'group/tool', '1', null],
    ['docker://ghcr.io/a/b/c:v1.2', 'ghcr.io', 'a/b/c', 'v1.2', null],
    ['oras://127.0.0.1:5000/tool:1', '127.0.0.1:5000', 'tool', '1', null],
    [`oras://localhost/tool@${DIGEST}`, 'localhost', 'tool', 'latest', DIGEST],
    [`docker://ghcr.io/a/b:1@${DIGEST}`, 'ghcr.io', 'a/b', '1', DIGEST],
  ])('%s', (image, registry, repository, tag, digest) => {
    expect(parseImageReference(image)).toMatchObject({ kind: 'registry', registry, repository, tag, digest });
  });

  it('takes an absolute path for a file, whatever it holds', () => {
    expect(parseImageReference('/images/a b@c:1.sif')).toEqual({ kind: 'file', path: '/images/a b@c:1.sif' });
  });

  it.each([
    '',
    'tool.sif',
    '--writable',
    'shub://a/b',
    'docker://',
    'docker://Upper/case',
    'docker://host.io/',
    'docker://a/b:',
    'docker://a b',
    'docker://a/../b',
    'docker://user@host.io/a',
    'docker://a@sha256:12',
    `docker://a@${DIGEST}@${DIGEST}`,
    'docker://[::1]:5000/a',
    'docker://a\n/b',
  ])('refuses %j', (image) => {
    let code: string | undefined;
    try {
      parseImageReference(image);
    } catch (error) {
      code = (error as DomainError).code;
    }
    expect(code).toBe('software.image');
  });
});

it('what is pulled is named by its digest alone', () => {
  const image = parseImageReference('docker://ghcr.io/a/b:1');
  expect(image.kind === 'registry' && pinnedReference(image, DIGEST)).toBe(`docker://ghcr.io/a/b@${DIGEST}`);
});
