/**
 * Writes src/graphql/schema.ts from graphql/schema.graphql; `--check` only compares, for CI.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  buildASTSchema,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
} from 'graphql';

const SCHEMA = new URL('../../graphql/schema.graphql', import.meta.url);
const OUTPUT = new URL('../src/graphql/schema.ts', import.meta.url);
// AppSync's own definitions, which it adds to every schema.
const APPSYNC = `
  directive @aws_api_key on FIELD_DEFINITION | OBJECT
  directive @aws_iam on FIELD_DEFINITION | OBJECT
  directive @aws_oidc on FIELD_DEFINITION | OBJECT
  directive @aws_cognito_user_pools(cognito_groups: [String]) on FIELD_DEFINITION | OBJECT
  directive @aws_subscribe(mutations: [String]) on FIELD_DEFINITION
  scalar AWSDateTime
  scalar AWSDate
  scalar AWSTime
  scalar AWSTimestamp
  scalar AWSJSON
`;
const SCALARS = { Boolean: 'boolean', Int: 'number', Float: 'number', AWSTimestamp: 'number' };

function typeOf(type) {
  if (isNonNullType(type)) return bare(type.ofType);
  return `${bare(type)} | null`;
}

function bare(type) {
  if (isListType(type)) return `readonly ${wrapped(typeOf(type.ofType))}[]`;
  if (isObjectType(type) || isEnumType(type)) return type.name;
  return SCALARS[type.name] ?? 'string';
}

function wrapped(text) {
  return /[ |]/.test(text) ? `(${text})` : text;
}

function comment(text, indent) {
  if (!text) return '';
  const lines = text.split('\n');
  if (lines.length === 1) return `${indent}/** ${text} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

function objectType(type) {
  const fields = Object.values(type.getFields()).map(
    (field) => `${comment(field.description, '  ')}  readonly ${field.name}: ${typeOf(field.type)};\n`,
  );
  return `${comment(type.description, '')}export interface ${type.name} {\n${fields.join('')}}\n`;
}

function enumType(type) {
  const values = type.getValues().map(({ name }) => `'${name}'`);
  return `${comment(type.description, '')}export type ${type.name} = ${values.join(' | ')};\n`;
}

function operations(type, suffix) {
  return Object.values(type.getFields()).map((field) => {
    const name = field.name[0].toUpperCase() + field.name.slice(1);
    const variables = field.args.map((argument) => {
      const optional = isNonNullType(argument.type) ? '' : '?';
      return `  readonly ${argument.name}${optional}: ${typeOf(argument.type)};\n`;
    });
    const parts = [
      `${comment(field.description, '')}export interface ${name}${suffix} {\n` +
        `  readonly ${field.name}: ${typeOf(field.type)};\n}\n`,
    ];
    if (variables.length > 0) {
      parts.push(`export interface ${name}${suffix}Variables {\n${variables.join('')}}\n`);
    }
    return parts.join('\n');
  });
}

function generate(source) {
  const schema = buildASTSchema(parse(APPSYNC + source));
  const roots = [
    [schema.getQueryType(), 'Query'],
    [schema.getMutationType(), 'Mutation'],
    [schema.getSubscriptionType(), 'Subscription'],
  ].filter(([type]) => type);
  const rootTypes = new Set(roots.map(([type]) => type));
  const objects = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && !type.name.startsWith('__') && !rootTypes.has(type),
  );
  const enums = Object.values(schema.getTypeMap()).filter(
    (type) => isEnumType(type) && !type.name.startsWith('__'),
  );
  return [
    '// Made from graphql/schema.graphql by `npm run codegen`. Do not edit.\n',
    ...enums.map(enumType),
    ...objects.map(objectType),
    ...roots.flatMap(([type, suffix]) => operations(type, suffix)),
  ].join('\n');
}

const wanted = generate(readFileSync(SCHEMA, 'utf8'));
if (process.argv.includes('--check')) {
  let found = '';
  try {
    found = readFileSync(OUTPUT, 'utf8');
  } catch {
    // Missing counts as out of date.
  }
  if (found !== wanted) {
    console.error('src/graphql/schema.ts is not current: npm run codegen -w client');
    process.exit(1);
  }
} else {
  writeFileSync(OUTPUT, wanted);
}
