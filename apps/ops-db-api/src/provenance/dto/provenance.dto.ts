import { PROVENANCE_FORMATS, type ProvenanceFormat } from '@meridian/core';
import { OneOf } from '../../http/fields.js';

export class ProvenanceQueryDto {
  @OneOf(PROVENANCE_FORMATS, {
    optional: true,
    default: 'prov-json',
    description:
      'prov-json: W3C PROV-JSON; ro-crate: the metadata document of a Process Run Crate (Workflow Run RO-Crate); ivoa: the IVOA Provenance Data Model as a VOTable.',
  })
  format: ProvenanceFormat = 'prov-json';
}
