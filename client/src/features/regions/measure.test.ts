import { expect, it } from 'vitest';
import { OREGON, SYDNEY } from '../../testing/fakes';
import { byDistance } from './measure';

it('puts the nearest first and the silent last', () => {
  const times = new Map([
    ['us-west-2', 180],
    ['ap-southeast-2', 12],
  ]);
  expect(byDistance([OREGON, SYDNEY], times)).toEqual([SYDNEY, OREGON]);
  expect(byDistance([OREGON, SYDNEY], new Map([['us-west-2', null]]))).toEqual([OREGON, SYDNEY]);
});
