import { Button } from '@mantine/core';
import { describeState } from './describe';
import type { FeedState } from './feed';
import { MessageText } from '../board/MessageText';
import classes from './StateLine.module.css';

interface Props {
  readonly state: FeedState;
  readonly onRetry: () => void;
  /** Names the subscription to screen readers where there are several. */
  readonly label: string;
}

/** The subscription's state; changes are announced. */
export function StateLine({ state, onRetry, label }: Props) {
  const { signal, label: text, detail } = describeState(state);
  return (
    <div className={classes.line} data-signal={signal} data-state={state.kind}>
      <div role="status" aria-label={label} className={classes.text}>
        <span className={classes.dot} aria-hidden="true" />
        <strong>{text}</strong>{' '}
        <span className={classes.detail}>
          <MessageText text={detail} />
        </span>
      </div>
      {state.kind === 'refused' && (
        <Button size="compact-sm" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
