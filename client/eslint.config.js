import js from '@eslint/js';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// What publishers send is text; nothing in this client may ever turn it into markup.
const noMarkup = [
  { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Show text as text.' },
  { selector: "MemberExpression[property.name='innerHTML']", message: 'Show text as text.' },
];

const message = 'Ask the API with @globalws/client.';
const DOCUMENT = String.raw`/^\s*(query|mutation|subscription)\b[^{]*\{/`;
const CROCKFORD = '/ABCDEFGHJKMNPQRSTVWXYZ/';
const noApiCode = [
  { selector: `:matches(Literal[value=${DOCUMENT}], TemplateElement[value.raw=${DOCUMENT}])`, message },
  { selector: `Literal[value=${CROCKFORD}]`, message },
  { selector: "NewExpression[callee.name='WebSocket']", message },
  { selector: 'MemberExpression[property.name=/^(graphqlUrl|realtimeUrl|getRandomValues)$/]', message },
  { selector: 'ImportDeclaration[source.value=/^(graphql|ulid|aws-amplify)/]', message },
];

export default tseslint.config(
  { ignores: ['dist'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked,
      hooks.configs.flat.recommended,
      a11y.flatConfigs.strict,
    ],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'react-hooks/exhaustive-deps': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-syntax': ['error', ...noMarkup, ...noApiCode],
    },
  },
  {
    files: ['src/testing/**', '**/*.test.{ts,tsx}'],
    rules: { 'no-restricted-syntax': ['error', ...noMarkup] },
  },
  { files: ['scripts/*.mjs', '*.js'], languageOptions: { globals: globals.node } },
);
