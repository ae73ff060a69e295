import { toIvoaVotable } from './ivoa-votable.js';
import { toProvJson } from './prov-json.js';
import type { ProvenanceDocument } from './provenance-document.js';
import { toRoCrate } from './ro-crate.js';

export const PROVENANCE_FORMATS = ['prov-json', 'ro-crate', 'ivoa'] as const;
export type ProvenanceFormat = (typeof PROVENANCE_FORMATS)[number];

export interface ProvenanceExport {
  readonly mediaType: string;
  readonly fileName: string;
  readonly text: string;
}

/** The document in one of the public formats; the same document always gives the same bytes. */
export function exportProvenance(document: ProvenanceDocument, format: ProvenanceFormat): ProvenanceExport {
  const name = `${document.subject.kind}-${document.subject.id}`;
  switch (format) {
    case 'prov-json':
      return {
        mediaType: 'application/json',
        fileName: `${name}.prov.json`,
        text: `${JSON.stringify(toProvJson(document), null, 2)}\n`,
      };
    case 'ro-crate':
      return {
        mediaType: 'application/ld+json',
        fileName: 'ro-crate-metadata.json',
        text: `${JSON.stringify(toRoCrate(document), null, 2)}\n`,
      };
    case 'ivoa':
      return {
        mediaType: 'application/x-votable+xml',
        fileName: `${name}.provenance.vot`,
        text: toIvoaVotable(document),
      };
  }
}
