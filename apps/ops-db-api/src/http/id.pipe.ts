import { Injectable, Param, type PipeTransform } from '@nestjs/common';
import { invalidRequest } from './validation.js';

const ID = /^[1-9][0-9]{0,14}$/;

@Injectable()
class IdPipe implements PipeTransform<string, number> {
  transform(text: string): number {
    if (ID.test(text)) return Number(text);
    throw invalidRequest([
      { code: 'field.invalid', path: '/id', message: 'must be a positive whole number' },
    ]);
  }
}

/** The `:id` of a route, as a number. */
export const Id = (): ParameterDecorator => Param('id', IdPipe);
