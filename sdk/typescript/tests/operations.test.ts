import { readFileSync } from 'node:fs';

import { buildASTSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';

import { CHANNEL, CHANNELS, FIELDS, historyOperation, PING, PUBLISH, SUBSCRIBE } from '../src/operations.js';
import * as presence from '../src/presenceOperations.js';

// AppSync's own definitions, as far as the schema uses them; unknown directives do not matter here.
const APPSYNC = 'scalar AWSDateTime\n';
const source = readFileSync(new URL('../../../graphql/schema.graphql', import.meta.url), 'utf8');
const schema = buildASTSchema(parse(APPSYNC + source), { assumeValidSDL: true });
const PAGE = { channel: 'tech', after: '0', limit: 1, nextToken: null };
const PRESENCE = Object.values(presence).filter((each) => typeof each === 'string');
const HISTORY = historyOperation([PAGE, { ...PAGE, after: null }]).query;

test.each([CHANNEL, CHANNELS, HISTORY, PING, PUBLISH, SUBSCRIBE, ...PRESENCE])('an operation of the schema: %s', (document) => {
  expect(validate(schema, parse(document))).toEqual([]);
});

test('every field of Message is selected: subscribers get what the mutation selects', () => {
  const type = schema.getType('Message');
  const fields = type && 'getFields' in type ? Object.keys(type.getFields()) : [];
  expect(FIELDS.split(' ').sort()).toEqual(fields.sort());
});
