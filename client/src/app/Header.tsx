import { ColorSchemeButton } from './ColorSchemeButton';
import { VIEWS } from './usePlace';
import type { View } from './usePlace';
import classes from './App.module.css';

const LABELS: Readonly<Record<View, string>> = {
  channel: 'Channel',
  regions: 'Side by side',
  operator: 'Operator',
};

interface Props {
  readonly view: View;
  readonly operator: boolean;
  readonly onView: (view: View) => void;
}

export function Header({ view, operator, onView }: Props) {
  const views = VIEWS.filter((each) => operator || each !== 'operator');
  return (
    <header className={classes.header}>
      <h1 className={classes.brand}>
        <img src="/icon.svg" alt="" width="28" height="28" />
        GlobalWS
      </h1>
      <nav className={classes.views} aria-label="Views">
        {views.map((each) => (
          <button
            key={each}
            type="button"
            className={classes.view}
            aria-current={each === view ? 'page' : undefined}
            onClick={() => {
              onView(each);
            }}
          >
            {LABELS[each]}
          </button>
        ))}
      </nav>
      <ColorSchemeButton />
    </header>
  );
}
