import { findResultTable, listResultTables, type ResultTableRow } from '@meridian/ops-db';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { notFound } from '../http/not-found.js';
import type { QueryWithDims } from '../paging/dims-query.js';
import { listingById, type Listing } from '../paging/listing.js';
import type { PageQuery } from '../paging/page-query.dto.js';
import type { ExportQueryDto } from './dto/result-tables.dto.js';
import { exportTable, type ExportedTable } from './export/export-table.js';
import { ResultTableResponse } from './result-table.response.js';

@Injectable()
export class ResultTablesService {
  constructor(private readonly dataSource: DataSource) {}

  list(query: PageQuery): Listing<ResultTableRow, ResultTableResponse> {
    return listingById({
      query,
      fetch: (page) => listResultTables(this.dataSource.manager, page),
      present: (row) => ResultTableResponse.from(row),
    });
  }

  async show(software: string, name: string): Promise<ResultTableRow> {
    const table = await findResultTable(this.dataSource.manager, software, name);
    if (table === undefined) throw notFound('result_table', `${software}/${name}`);
    return table;
  }

  async export(
    software: string,
    name: string,
    { query, dims }: QueryWithDims<ExportQueryDto>,
  ): Promise<ExportedTable> {
    const table = await this.show(software, name);
    const shownDims = [...new Set((query.columns_of_dims ?? '').split(',').filter((one) => one !== ''))];
    return exportTable(
      this.dataSource,
      { table, dims, includeStale: query.include_stale, shownDims },
      query.format,
    );
  }
}
