import { isJsonObject, waterMarkProblems, type Problem } from '@meridian/core';
import { invalidRequest } from '../http/validation.js';
import type { LocationSettingsDto } from './dto/location.dto.js';

const SECRET_KEY = /(token|password|passphrase|secret|private_?key|jwt)$/i;

/**
 * Checks what no single field shows: a PROCESSING location says how jobs run, the others do not; everything below a base
 * path is Meridian's, so it is not the root; no secret is given in clear; and water marks fit together.
 *
 * @throws DomainError `request.invalid` with every problem.
 */
export function checkLocationSettings(settings: LocationSettingsDto): void {
  const problems = [
    ...processingProblems(settings),
    ...pathProblems(settings),
    ...secretProblems(settings),
    ...markProblems(settings),
  ];
  if (problems.length > 0) throw invalidRequest(problems);
}

function processingProblems(settings: LocationSettingsDto): Problem[] {
  const isProcessing = settings.kind === 'PROCESSING';
  return (['backend', 'runtime'] as const)
    .filter((field) => ((settings[field] ?? null) !== null) !== isProcessing)
    .map((field) =>
      isProcessing
        ? { code: 'field.required', path: `/${field}`, message: `a PROCESSING location needs a ${field}` }
        : {
            code: 'location.not_processing',
            path: `/${field}`,
            message: `only a PROCESSING location has a ${field}`,
          },
    );
}

function markProblems(settings: LocationSettingsDto): Problem[] {
  const marks = {
    capacity: settings.capacity_bytes ?? null,
    high_water: settings.high_water_bytes ?? null,
    low_water: settings.low_water_bytes ?? null,
  };
  return waterMarkProblems(marks, settings.kind).map(({ key, message }) => ({
    code: 'location.water_marks',
    path: `/${key}_bytes`,
    message,
  }));
}

function pathProblems({ base_path: path }: LocationSettingsDto): Problem[] {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.length > 0 && !segments.includes('..')) return [];
  return [
    {
      code: 'location.base_path',
      path: '/base_path',
      message: 'must name a directory below the root, without ".."',
    },
  ];
}

function secretProblems({ backend_config: config = {} }: LocationSettingsDto): Problem[] {
  // An object says where the secret is kept: `token: {file: …}`.
  return Object.entries(config)
    .filter(([key, value]) => SECRET_KEY.test(key) && !isJsonObject(value))
    .map(([key]) => ({
      code: 'location.secret_in_config',
      path: `/backend_config/${key}`,
      message: `a secret is never stored: name the file that holds it as ${key}_file, or as {file: …}`,
    }));
}
