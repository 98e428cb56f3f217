// @vitest-environment node
import { readFileSync } from 'node:fs';
import { buildASTSchema, parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { OPERATIONS } from './operations';

// AppSync's own definitions, as far as the schema uses them; unknown directives do not matter here.
const APPSYNC = 'scalar AWSDateTime\n';
const source = readFileSync(new URL('../../../graphql/schema.graphql', import.meta.url), 'utf8');
const schema = buildASTSchema(parse(APPSYNC + source), { assumeValidSDL: true });

it.each(Object.entries(OPERATIONS))('%s is an operation of the schema', (_, document) => {
  expect(validate(schema, parse(document))).toEqual([]);
});

it('publishes with every field of Message, which subscribers depend on', () => {
  const fields = schema.getType('Message');
  if (!fields || !('getFields' in fields)) throw new Error('the schema has no type Message');
  for (const name of Object.keys(fields.getFields())) {
    expect(OPERATIONS.publish).toMatch(new RegExp(`\\b${name}\\b`));
  }
});
