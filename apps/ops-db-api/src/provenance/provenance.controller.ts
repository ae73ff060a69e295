import { exportProvenance, type ProvenanceDocument, type ProvenanceFormat } from '@meridian/core';
import { Controller, Get, Param, ParseIntPipe, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Allow } from '../auth/allow.decorator.js';
import { ProvenanceQueryDto } from './dto/provenance.dto.js';
import { ProvenanceService } from './provenance.service.js';

const text = { schema: { type: 'string' } } as const;
const CONTENT = {
  'application/json': text,
  'application/ld+json': text,
  'application/x-votable+xml': text,
};

@ApiTags('provenance')
@Controller()
@Allow('viewer', 'service')
export class ProvenanceController {
  constructor(private readonly provenance: ProvenanceService) {}

  @Get('products/:id/provenance')
  @ApiOperation({
    summary: 'How a product came about, down to the raw files, in a public format: the same bytes each time.',
  })
  @ApiOkResponse({ content: CONTENT })
  async ofProduct(
    @Param('id', ParseIntPipe) id: number,
    @Query() { format }: ProvenanceQueryDto,
    @Res() response: Response,
  ): Promise<void> {
    send(response, await this.provenance.of('product', id), format);
  }

  @Get('runs/:id/provenance')
  @ApiOperation({ summary: 'The same of all products of a run.' })
  @ApiOkResponse({ content: CONTENT })
  async ofRun(
    @Param('id', ParseIntPipe) id: number,
    @Query() { format }: ProvenanceQueryDto,
    @Res() response: Response,
  ): Promise<void> {
    send(response, await this.provenance.of('run', id), format);
  }
}

function send(response: Response, document: ProvenanceDocument, format: ProvenanceFormat): void {
  const { mediaType, fileName, text: body } = exportProvenance(document, format);
  response
    .status(200)
    .set({
      'Content-Type': `${mediaType}; charset=utf-8`,
      'Content-Disposition': `attachment; filename="${fileName}"`,
    })
    .send(body);
}
