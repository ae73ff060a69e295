/**
 * What an audit says of one path: `missing`, `size` and `checksum` of a copy that is not there as it was registered, `unreadable` of one that
 * nothing can be said of, `recovered` of one that is well again, `unknown` of a file that no record knows.
 */
export const FINDING_KINDS = ['missing', 'size', 'checksum', 'unreadable', 'recovered', 'unknown'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** How bad it is: nothing can bring it back, it can be made again, there is another copy, or it is only to be known. Worst first. */
export const FINDING_SEVERITIES = ['lost', 'remake', 'copy', 'note'] as const;
export type FindingSeverity = (typeof FINDING_SEVERITIES)[number];

/** `copies` looks at all that is registered, `files` at all that is there. */
export const AUDIT_STATES = ['waiting', 'copies', 'files', 'done', 'failed'] as const;
export type AuditState = (typeof AUDIT_STATES)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly severity: FindingSeverity;
  readonly itemId: number | null;
}

/** What a person should do about a finding, in one sentence. */
export function findingAdvice({ kind, severity, itemId }: Finding): string {
  switch (kind) {
    case 'recovered':
      return 'Nothing: it is used again.';
    case 'unknown':
      return 'Register it, or remove it: nothing of Meridian reads it.';
    case 'unreadable':
      return 'Give the result-manager access, or check the file system, and audit again: nothing was changed.';
    case 'missing':
    case 'size':
    case 'checksum':
      return damageAdvice(severity, itemId);
  }
}

function damageAdvice(severity: FindingSeverity, itemId: number | null): string {
  switch (severity) {
    case 'lost':
      return 'There is no other copy: restore the file as it was registered from wherever it came, then audit again.';
    case 'remake':
      return `It is made again when a run needs it, or by "meridian rematerialise ${itemId ?? '<product>'}".`;
    case 'copy':
      return 'Another copy is used; restore this one and audit again, or leave it.';
    case 'note':
      return 'Nothing.';
  }
}
