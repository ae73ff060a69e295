import { DomainError } from '../shared/domain-error.js';

/** What results can be made of or with: what lineage, impact and taint are asked about. */
export type Subject =
  | { readonly kind: 'item'; readonly itemId: number }
  | { readonly kind: 'run'; readonly runId: number }
  | { readonly kind: 'software'; readonly name: string; readonly version: string }
  | { readonly kind: 'host'; readonly host: string };

export type SubjectKind = Subject['kind'];

const FORMS: Readonly<Record<SubjectKind, string>> = {
  item: 'item:17',
  run: 'run:5',
  software: 'software:extract@1.2.0',
  host: 'host:node17',
};

/**
 * A subject as people write it: `item:17`, `run:5`, `software:extract@1.2.0`, `host:node17`.
 *
 * @throws DomainError `subject.invalid`, when it is none of these, or of a kind that is not asked for
 */
export function parseSubject(text: string, kinds: readonly SubjectKind[]): Subject {
  const subject = read(text);
  if (subject !== null && kinds.includes(subject.kind)) return subject;
  throw new DomainError({
    kind: 'invalid',
    code: 'subject.invalid',
    message: `"${text}" is nothing that this can be asked about.`,
    action: `Write it as ${kinds.map((kind) => FORMS[kind]).join(', or as ')}.`,
  });
}

function read(text: string): Subject | null {
  const [, kind = '', name = ''] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  const id = /^[1-9]\d{0,15}$/.test(name) ? Number(name) : null;
  const at = name.lastIndexOf('@');
  if (kind === 'item' && id !== null) return { kind, itemId: id };
  if (kind === 'run' && id !== null) return { kind, runId: id };
  if (kind === 'software' && at > 0 && at < name.length - 1)
    return { kind, name: name.slice(0, at), version: name.slice(at + 1) };
  if (kind === 'host' && /^[^\s\p{C}]+$/u.test(name)) return { kind, host: name };
  return null;
}

/** The same, as `parseSubject` reads it. */
export function subjectText(subject: Subject): string {
  switch (subject.kind) {
    case 'item':
      return `item:${subject.itemId}`;
    case 'run':
      return `run:${subject.runId}`;
    case 'software':
      return `software:${subject.name}@${subject.version}`;
    case 'host':
      return `host:${subject.host}`;
  }
}
