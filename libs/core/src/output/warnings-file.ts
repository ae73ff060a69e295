import { safeText } from '../run/failure-reason.js';
import { isJsonObject } from '../shared/json.js';
import type { OutputWarning } from './output-warning.js';
import { parseToolJson } from './tool-json.js';

const DEFAULT_CODE = 'tool.warning';
export const MAX_TOOL_WARNINGS = 100;

/**
 * `warnings.json`: a list of texts or of `{code, message}`, also under one key `warnings`.
 *
 * Never throws, and never swallows: a file that cannot be understood is itself a warning.
 */
export function parseWarningsFile(text: string): OutputWarning[] {
  const json = parseToolJson(text);
  if (!json.ok) return [invalid(`warnings.json is not JSON: ${json.reason}`)];
  const list = isJsonObject(json.value) ? json.value['warnings'] : json.value;
  if (!Array.isArray(list)) return [invalid('warnings.json does not hold a list of warnings')];
  const kept = list.slice(0, MAX_TOOL_WARNINGS).map(readWarning);
  const dropped = list.length - kept.length;
  return dropped === 0
    ? kept
    : [...kept, { code: 'warnings_file.too_long', message: `${dropped} more warnings are in warnings.json` }];
}

function readWarning(entry: unknown): OutputWarning {
  if (typeof entry === 'string') return { code: DEFAULT_CODE, message: safeText(entry) };
  if (!isJsonObject(entry)) return { code: DEFAULT_CODE, message: safeText(JSON.stringify(entry)) };
  const { code, message } = entry;
  return {
    code: typeof code === 'string' && code !== '' ? safeText(code, 100) : DEFAULT_CODE,
    message: safeText(typeof message === 'string' ? message : JSON.stringify(entry)),
  };
}

const invalid = (message: string): OutputWarning => ({
  code: 'warnings_file.invalid',
  message: safeText(message),
});
