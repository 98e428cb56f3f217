import { test } from 'vitest';

import { loadScenarios } from './scenarios.js';
import { VirtualRunner } from './virtual.js';

test.each(loadScenarios())('%s', (_file, scenario) => {
  new VirtualRunner(scenario).run();
});
