import type { FileHandle } from 'node:fs/promises';
import type { ResultColumnType, JsonScalar, ResultColumn } from '@meridian/core';
import { ByteWriter, ParquetWriter, schemaFromColumnData, type BasicType } from 'hyparquet-writer';
import type { TableWriter } from './table-writer.js';

const TYPES: Record<ResultColumnType, BasicType> = {
  boolean: 'BOOLEAN',
  int16: 'INT32',
  int32: 'INT32',
  int64: 'INT64',
  float32: 'FLOAT',
  float64: 'DOUBLE',
  text: 'STRING',
  timestamp: 'TIMESTAMP',
  flags: 'INT32',
};

/** Rows of one group, which are in memory together. */
const ROWS_PER_GROUP = 50_000;

/** Parquet with Snappy, a group of rows at a time; units, descriptions and flags are in the file's metadata, under `meridian`. */
export const writeParquet: TableWriter = async (file, head, rows) => {
  const { columns } = head;
  const empty = columns.map(({ name, type }) => ({ name, type: TYPES[type], nullable: true, data: [] }));
  const output = new FileWriter(file);
  const writer = new ParquetWriter({
    writer: output,
    schema: schemaFromColumnData({ columnData: empty }),
    kvMetadata: [{ key: 'meridian', value: JSON.stringify(described(head)) }],
    createdBy: 'Meridian',
  });
  let group: (readonly JsonScalar[])[] = [];
  const flush = async (): Promise<void> => {
    if (group.length === 0) return;
    const columnData = columns.map((column, index) => ({
      ...{ name: column.name, nullable: true },
      data: group.map((row) => valueOf(column, row[index] ?? null)),
    }));
    await writer.write({ columnData, rowGroupSize: ROWS_PER_GROUP });
    group = [];
  };
  for await (const batch of rows) {
    group.push(...batch);
    if (group.length >= ROWS_PER_GROUP) await flush();
  }
  await flush();
  await writer.finish();
  await output.flush();
};

function valueOf({ type }: ResultColumn, value: JsonScalar): unknown {
  if (value === null) return null;
  if (type === 'int64') return BigInt(value);
  return type === 'timestamp' ? new Date(String(value)) : value;
}

const described = ({ software, table, description, columns }: Parameters<TableWriter>[1]) => ({
  ...{ software, table, description },
  columns: columns.map(({ name, unit, description: words, section, bits }) => ({
    name,
    unit,
    description: words,
    section,
    bits,
  })),
});

/** Into a file, group by group: what is written is not kept. */
class FileWriter extends ByteWriter {
  constructor(private readonly file: FileHandle) {
    super();
  }

  async flush(): Promise<void> {
    await this.file.write(new Uint8Array(this.buffer, 0, this.index));
    this.index = 0;
  }
}
