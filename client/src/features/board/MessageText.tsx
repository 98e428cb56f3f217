import { useState } from 'react';
import { visiblePieces } from '../../lib/visibleText';
import classes from './Board.module.css';

const LONG = 1_500;
const SHOWN = 800;

/** A publisher's text, as text: isolated, in its own direction, hidden characters made visible. */
export function MessageText({ text }: { readonly text: string }) {
  const [all, setAll] = useState(false);
  const isLong = text.length > LONG;
  const shown = isLong && !all ? text.slice(0, SHOWN) : text;
  return (
    <>
      <bdi dir="auto" className={classes.text}>
        {visiblePieces(shown).map((piece, index) =>
          piece.kind === 'text' ? (
            piece.text
          ) : (
            <span key={index} className={classes.control} title={piece.title}>
              {piece.label}
            </span>
          ),
        )}
      </bdi>
      {isLong && (
        <button
          type="button"
          className={classes.more}
          aria-expanded={all}
          onClick={() => {
            setAll(!all);
          }}
        >
          {all ? 'Show less' : `… show all ${text.length.toLocaleString()} characters`}
        </button>
      )}
    </>
  );
}
