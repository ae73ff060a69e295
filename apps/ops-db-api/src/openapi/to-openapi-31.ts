/**
 * A copy of an OpenAPI 3.0 document with 3.1's way to say "or null".
 *
 * `@nestjs/swagger` 11.4 still writes the 3.0 keyword `nullable`, which 3.1 does not have.
 */
export function toOpenApi31(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toOpenApi31);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...rest } = node as Record<string, unknown>;
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, toOpenApi31(value)]));
  // A property that is called "nullable" holds a schema, not true or false.
  if (typeof nullable !== 'boolean')
    return nullable === undefined ? copy : { nullable: toOpenApi31(nullable), ...copy };
  if (!nullable) return copy;
  if (typeof copy['type'] === 'string') {
    const values = copy['enum'];
    return {
      ...copy,
      type: [copy['type'], 'null'],
      ...(Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}),
    };
  }
  return { anyOf: [copy, { type: 'null' }] };
}
