import { describe, expect, it } from 'vitest';
import { visiblePieces } from './visibleText';

const shown = (text: string): string =>
  visiblePieces(text)
    .map((piece) => (piece.kind === 'text' ? piece.text : `[${piece.label}]`))
    .join('');

describe('visiblePieces', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
    ['Windows\r\nline', 'Windows\nline'],
    ['a lone\rreturn', 'a lone[␍]return'],
    ['\u0000\u001b[31m', '[␀][␛][31m'],
    ['\u007f\u0085', '[␡][U+0085]'],
    ['\u202etxt.exe', '[U+202E]txt.exe'],
    ['\u2066x\u2069', '[U+2066]x[U+2069]'],
    ['zero\u200bwidth\ufeff', 'zero[U+200B]width[U+FEFF]'],
    ['\u2028\u2029', '[U+2028][U+2029]'],
    ['half \ud83d of a pair', 'half [U+D83D] of a pair'],
    ['👨‍👩‍👧‍👦 👋🏽 é', '👨‍👩‍👧‍👦 👋🏽 é'],
    ['שלום عالم', 'שלום عالم'],
    ['<b>&amp;</b>', '<b>&amp;</b>'],
  ])('shows %j as %j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('names what it can', () => {
    expect(visiblePieces('\u202e')).toEqual([
      { kind: 'control', label: 'U+202E', title: 'U+202E RIGHT-TO-LEFT OVERRIDE' },
    ]);
  });
});
