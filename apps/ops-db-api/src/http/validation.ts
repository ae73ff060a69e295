import { ValidationPipe } from '@nestjs/common';
import { DomainError, type Problem } from '@meridian/core';
import type { ValidationError } from 'class-validator';

/** Checks every body and query against its DTO: what is unknown, missing or wrong is named by its JSON pointer. */
export const requestValidation = (): ValidationPipe =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true,
    // Plain types reach validators as they were sent: "false" must not become true.
    transformOptions: { enableImplicitConversion: false },
    validationError: { target: false, value: true },
    exceptionFactory: (errors) => invalidRequest(problemsOf(errors, '')),
  });

/** The one error for a request that does not fit its schema; `total` when not every problem is listed. */
export const invalidRequest = (problems: readonly Problem[], total: number = problems.length): DomainError =>
  new DomainError({
    kind: 'invalid',
    code: 'request.invalid',
    message:
      total === 1
        ? 'One field of the request is wrong.'
        : `${total} fields of the request are wrong${total > problems.length ? `; the first ${problems.length} are listed` : ''}.`,
    action: 'Correct the fields listed in `problems`; /api/docs describes every field.',
    problems,
  });

const pointer = (parent: string, property: string): string =>
  `${parent}/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;

function problemsOf(errors: readonly ValidationError[], parent: string): Problem[] {
  return errors.flatMap((error) => {
    const path = pointer(parent, error.property);
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) =>
      problemOf(rule, message, path, error),
    );
    return [...own, ...problemsOf(error.children ?? [], path)];
  });
}

function problemOf(rule: string, message: string, path: string, error: ValidationError): Problem {
  if (rule === 'whitelistValidation')
    return { code: 'field.unknown', path, message: `${error.property} is not a field of this request` };
  if (error.value === undefined)
    return { code: 'field.required', path, message: `${error.property} is required` };
  return { code: 'field.invalid', path, message };
}
