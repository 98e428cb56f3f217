import { describe, expect, it } from 'vitest';
import { regionName, regionTitle } from './regionNames';
import { quantile } from './stats';
import { duration } from './time';

describe('regionName', () => {
  it.each([
    ['us-west-2', 'Oregon', 'Oregon (us-west-2)'],
    ['ap-southeast-2', 'Sydney', 'Sydney (ap-southeast-2)'],
    ['eu-west-1', 'Ireland', 'Ireland (eu-west-1)'],
    ['xx-new-9', 'xx-new-9', 'xx-new-9'],
  ])('%s is %s', (code, name, title) => {
    expect(regionName(code)).toBe(name);
    expect(regionTitle(code)).toBe(title);
  });
});

describe('duration', () => {
  it.each([
    [-5, '0 ms'],
    [0.4, '0 ms'],
    [182.6, '183 ms'],
    [999.6, '1.0 s'],
    [2_430, '2.4 s'],
    [59_960, '1 min'],
    [7_200_000, '2 h'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});

describe('quantile', () => {
  it('takes the nearest rank', () => {
    expect(quantile([], 0.5)).toBeNull();
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(quantile([4, 9, 1], 1)).toBe(9);
  });
});
