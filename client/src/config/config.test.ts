import { describe, expect, it } from 'vitest';
import { OREGON } from '../testing/fakes';
import { parseConfig } from './config';

describe('parseConfig', () => {
  it('takes what the local runtime and `globalws config` write', () => {
    expect(parseConfig({ regions: [OREGON], operator: true })).toEqual({
      regions: [OREGON],
      operator: true,
      issuer: null,
    });
  });

  it('offers no operator unless it is told to in so many words', () => {
    expect(parseConfig({ regions: [OREGON] }).operator).toBe(false);
    expect(parseConfig({ regions: [OREGON], operator: 'yes' }).operator).toBe(false);
  });

  it.each([
    [null, 'not a JSON object'],
    [{ regions: [OREGON], issuer: {} }, 'issuer has no url'],
    [{}, 'no list "regions"'],
    [{ regions: [] }, 'names no region'],
    [{ regions: [{ ...OREGON, apiKey: null }] }, 'us-west-2 has no apiKey: this page needs one'],
    [{ regions: [{ ...OREGON, realtimeUrl: '' }] }, 'region 1: realtimeUrl is missing'],
    [{ regions: [{ ...OREGON, graphqlUrl: 'javascript:alert(1)' }] }, 'no http address'],
    [{ regions: [OREGON, { ...OREGON, realtimeUrl: 'http://x' }] }, 'region 2: realtimeUrl'],
  ])('says what is wrong with %j', (document, message) => {
    expect(() => parseConfig(document)).toThrow(message);
  });
});
