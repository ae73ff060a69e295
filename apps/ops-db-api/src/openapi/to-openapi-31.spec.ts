import { toOpenApi31 } from './to-openapi-31.js';

describe('toOpenApi31', () => {
  it.each([
    ['a type', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      'an enumeration',
      { type: 'string', enum: ['a'], nullable: true },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    ['a reference', { $ref: '#/x', nullable: true }, { anyOf: [{ $ref: '#/x' }, { type: 'null' }] }],
    ['what is not null', { type: 'string', nullable: false }, { type: 'string' }],
    [
      'a list inside',
      { items: [{ type: 'number', nullable: true }] },
      { items: [{ type: ['number', 'null'] }] },
    ],
    [
      'a property of that name',
      { properties: { nullable: { type: 'string' } } },
      { properties: { nullable: { type: 'string' } } },
    ],
  ])('writes %s the 3.1 way', (_, before, after) => {
    expect(toOpenApi31(before)).toEqual(after);
  });
});
