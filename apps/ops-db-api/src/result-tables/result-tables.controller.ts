import { pipeline } from 'node:stream/promises';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Allow } from '../auth/allow.decorator.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { DescribesQuery, DimsQueryPipe, RawQuery, type QueryWithDims } from '../paging/dims-query.js';
import type { Listing } from '../paging/listing.js';
import { attachment } from '../products/content-type.js';
import { ignoreHangUp } from '../products/send-product.js';
import { ExportQueryDto, ResultTablesQueryDto } from './dto/result-tables.dto.js';
import { MANIFEST_HEADER } from './export/table-writer.js';
import { ResultTableResponse } from './result-table.response.js';
import { ResultTablesService } from './result-tables.service.js';

/** Headers are ASCII: any other character is escaped. */
const asciiJson = (value: object): string =>
  JSON.stringify(value).replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);

@ApiTags('result-tables')
@Controller('result-tables')
@Allow('viewer', 'service')
export class ResultTablesController {
  constructor(private readonly tables: ResultTablesService) {}

  @Get()
  @AnswersPage(ResultTableResponse, 'The tables that runs fill, as software versions declare them.')
  list(@Query() query: ResultTablesQueryDto): Listing<unknown, ResultTableResponse> {
    return this.tables.list(query);
  }

  @Get(':software/:name')
  @Answers(ResultTableResponse, 'One table and its columns.')
  async show(@Param('software') software: string, @Param('name') name: string): Promise<ResultTableResponse> {
    return ResultTableResponse.from(await this.tables.show(software, name));
  }

  @Get(':software/:name/export')
  @DescribesQuery(ExportQueryDto)
  @ApiOperation({
    summary: 'The present rows of a table as a file, ordered, in one snapshot.',
    description: `The header \`${MANIFEST_HEADER}\` says what it holds: rows, bytes, sha256, as of when.`,
  })
  @ApiOkResponse({
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  })
  async export(
    @Param('software') software: string,
    @Param('name') name: string,
    @RawQuery(new DimsQueryPipe(ExportQueryDto)) query: QueryWithDims<ExportQueryDto>,
    @Res() response: Response,
  ): Promise<void> {
    const { manifest, file, dispose } = await this.tables.export(software, name, query);
    try {
      response.set({
        'Content-Type': 'application/octet-stream',
        'Content-Length': String(manifest.size_bytes),
        'Content-Disposition': attachment(`${name}.${manifest.format}`),
        [MANIFEST_HEADER]: asciiJson(manifest),
        ETag: `"${manifest.sha256}"`,
      });
      await pipeline(file.createReadStream({ start: 0, autoClose: false }), response).catch(ignoreHangUp);
    } finally {
      await dispose();
    }
  }
}
