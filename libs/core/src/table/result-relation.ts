import { sha256Hex } from '../recipe/hashing.js';

const LONGEST = 50;

/**
 * The relation in the schema `results` that holds a table of a software: their names, and a piece of their hash where these would be too
 * long, are no plain names, or could be those of another pair.
 */
export function resultRelation(software: string, table: string): string {
  const plain = software.replace(/[^a-z0-9_]/g, '_');
  const name = `${plain}__${table}`;
  const isClear = plain === software && /^[a-z]/.test(plain) && !/__|_$/.test(plain) && !/__|^_/.test(table);
  if (isClear && name.length <= LONGEST) return name;
  const hash = sha256Hex(`${software}/${table}`).slice(0, 8);
  const start = /^[a-z]/.test(plain) ? name : `s_${name}`;
  return `${start.slice(0, LONGEST - hash.length - 1)}_${hash}`;
}
