import { DomainError } from '../shared/domain-error.js';
import { parseDefinitions } from './parse-definitions.js';
import { NOTHING_KNOWN } from './testing/nothing-known.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const software = {
  name: 'phot',
  version: '1.0.0',
  host_directory: '/opt/phot',
  digest: DIGEST,
  command: ['phot'],
};
const inSoftware = (change: object): unknown => ({ software: [{ ...software, ...change }] });
const problemsOf = (document: unknown): string[] => {
  try {
    parseDefinitions(document, NOTHING_KNOWN);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.problems.map(({ code, path, message }) => `${code} ${path}: ${message}`);
  }
};

describe('a software version with an image', () => {
  it.each<[string, unknown, string[]]>([
    [
      'another digest than the image',
      inSoftware({ image: `docker://x@sha256:${'b'.repeat(64)}`, host_directory: null }),
      ['software.digest_differs /software/0/digest: the image reference names another digest'],
    ],
    [
      'another image_digest than the image',
      inSoftware({ image: `docker://x@sha256:${'b'.repeat(64)}`, image_digest: DIGEST }),
      ['software.digest_differs /software/0/image_digest: the image reference names another digest'],
    ],
    [
      'an image file whose bytes nobody knows',
      inSoftware({ image: '/images/x.sif' }),
      [
        'definition.required /software/0/image_digest: "image_digest" is required for an image file that "meridian apply" cannot read: sha256: and what sha256sum prints',
      ],
    ],
    [
      'an image_digest without an image',
      inSoftware({ image_digest: DIGEST }),
      ['software.no_image /software/0/image_digest: only a version with an image has an image_digest'],
    ],
    [
      'an image that is no reference',
      inSoftware({ image: 'x.sif', image_digest: DIGEST }),
      [
        'software.image /software/0/image: the image "x.sif" is neither an absolute path nor a docker:// or oras:// reference',
      ],
    ],
    [
      'a program directory that there is none of',
      inSoftware({ image: 'docker://x', host_directory: null, command: ['{software_dir}/x'] }),
      [
        'software.no_directory /software/0/command/0: {software_dir} needs a host_directory: the image has the program at a path of its own',
      ],
    ],
    [
      'a value that a container does not keep',
      inSoftware({ image: 'docker://x', environment: { X: 'a\r\nb' } }),
      [
        'definition.value /software/0/environment/X: ends a line with CR LF, which a container would not keep; use LF alone',
      ],
    ],
    [
      'a variable that a container does not get',
      inSoftware({ image: 'docker://x', environment: { HOME: '/x' } }),
      [
        'software.reserved_variable /software/0/environment/HOME: HOME is set by the container runtime, which would not pass it on; choose another name',
      ],
    ],
  ])('is refused for %s', (_, document, problems) => {
    expect(problemsOf(document)).toEqual(problems);
  });
});

describe('the digests of a software version', () => {
  const digestsOf = (change: object): (string | null)[] => {
    const parsed = parseDefinitions(inSoftware({ digest: null, ...change }), NOTHING_KNOWN).software[0];
    return [parsed?.image_digest ?? null, parsed?.digest ?? null];
  };
  const OTHER = `sha256:${'b'.repeat(64)}`;

  it('of an image alone are the same', () => {
    const alone = { host_directory: null };
    expect(digestsOf({ ...alone, image: `docker://x@${DIGEST}` })).toEqual([DIGEST, DIGEST]);
    expect(digestsOf({ ...alone, image: '/x.sif', image_digest: DIGEST })).toEqual([DIGEST, DIGEST]);
    expect(digestsOf({ ...alone, image: '/x.sif', digest: DIGEST })).toEqual([DIGEST, DIGEST]);
    expect(digestsOf({ ...alone, image: 'oras://h.io/x:1', digest: DIGEST })).toEqual([DIGEST, DIGEST]);
  });

  it('of a tag are none, and one that tells one reference from another', () => {
    const alone = { host_directory: null };
    const [none, digest] = digestsOf({ ...alone, image: 'docker://x:1' });
    expect(none).toBeNull();
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(digestsOf({ ...alone, image: 'docker://x:1' })).toEqual([null, digest]);
    expect(digestsOf({ ...alone, image: 'docker://x:2' })[1]).not.toBe(digest);
  });

  it('of an image and a folder are two, the digest of both being given', () => {
    expect(digestsOf({ image: '/x.sif', image_digest: OTHER, digest: DIGEST })).toEqual([OTHER, DIGEST]);
    expect(digestsOf({ image: 'docker://x', digest: DIGEST })).toEqual([null, DIGEST]);
  });
});
