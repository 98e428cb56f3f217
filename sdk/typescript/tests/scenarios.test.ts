import { expect, test } from 'vitest';

import { loadScenarios } from './scenarios.js';
import { VirtualRunner } from './virtual.js';

test.each(loadScenarios())('%s', (_file, scenario) => {
  expect.hasAssertions();
  new VirtualRunner(scenario).run();
});
