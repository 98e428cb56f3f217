// AWS's own rules for APPSYNC_JS: what they refuse, AppSync refuses. The web client has its own.
import appsync from '@aws-appsync/eslint-plugin';

export default [
  { ignores: ['**', '!graphql', '!graphql/**'] },
  {
    ...appsync.configs.recommended,
    files: ['graphql/**/*.js'],
    languageOptions: {
      ...appsync.configs.recommended.languageOptions,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...appsync.configs.recommended.rules,
      // AWS's rules let it pass, AWS's guide does not list it.
      'no-restricted-syntax': [
        'error',
        { selector: "UnaryExpression[operator='+']", message: 'make a number by JSON.parse' },
      ],
    },
  },
];
