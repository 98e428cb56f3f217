/**
 * A publisher's text in pieces: what can be shown as it is, and characters that would be invisible
 * or would rearrange their surroundings, which are shown by name instead.
 */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'control'; readonly label: string; readonly title: string };

const NAMES: Readonly<Record<number, string>> = {
  0x61c: 'ARABIC LETTER MARK',
  0x200b: 'ZERO WIDTH SPACE',
  0x200e: 'LEFT-TO-RIGHT MARK',
  0x200f: 'RIGHT-TO-LEFT MARK',
  0x2028: 'LINE SEPARATOR',
  0x2029: 'PARAGRAPH SEPARATOR',
  0x202a: 'LEFT-TO-RIGHT EMBEDDING',
  0x202b: 'RIGHT-TO-LEFT EMBEDDING',
  0x202c: 'POP DIRECTIONAL FORMATTING',
  0x202d: 'LEFT-TO-RIGHT OVERRIDE',
  0x202e: 'RIGHT-TO-LEFT OVERRIDE',
  0x2060: 'WORD JOINER',
  0x2066: 'LEFT-TO-RIGHT ISOLATE',
  0x2067: 'RIGHT-TO-LEFT ISOLATE',
  0x2068: 'FIRST STRONG ISOLATE',
  0x2069: 'POP DIRECTIONAL ISOLATE',
  0xfeff: 'BYTE ORDER MARK',
};

// Tab and line feed stay; a zero-width joiner stays, because emoji are made with it.
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

export function visiblePieces(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  // A carriage return before a line feed is how some systems end lines, and nothing to show.
  const lines = text.replaceAll('\r\n', '\n');
  for (const match of lines.matchAll(HIDDEN)) {
    if (match.index > end) pieces.push({ kind: 'text', text: lines.slice(end, match.index) });
    pieces.push(control(match[0].codePointAt(0) ?? 0));
    end = match.index + match[0].length;
  }
  if (end < lines.length) pieces.push({ kind: 'text', text: lines.slice(end) });
  return pieces;
}

function control(code: number): Piece {
  const label = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const picture = code < 0x20 ? String.fromCodePoint(0x2400 + code) : code === 0x7f ? '␡' : label;
  const name = NAMES[code];
  return { kind: 'control', label: picture, title: name ? `${label} ${name}` : label };
}
