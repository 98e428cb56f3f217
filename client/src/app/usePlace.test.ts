import { expect, it } from 'vitest';
import { formatPlace, parsePlace } from './usePlace';

it('survives the address bar', () => {
  const place = { view: 'regions', region: 'us-west-2', channel: 'a&b=c#d', user: 'alice' } as const;
  expect(parsePlace(formatPlace(place))).toEqual(place);
});

it('has defaults, which need no words', () => {
  const place = { view: 'channel', region: 'nearest', channel: '', user: '' } as const;
  expect(parsePlace('?view=nonsense')).toEqual(place);
  expect(formatPlace(place)).toBe('');
});
