import { useState } from 'react';
import type { KeyboardEvent } from 'react';
import { Button, Textarea } from '@mantine/core';
import { MessageText } from '../board/MessageText';
import type { Draft, Drafts } from './useDrafts';
import classes from './Composer.module.css';

interface Props {
  readonly channel: string;
  readonly label: string;
  readonly drafts: Drafts;
}

/** The message form: Enter sends, Shift+Enter breaks the line. */
export function Composer({ channel, label, drafts }: Props) {
  const [text, setText] = useState('');
  const send = (): void => {
    if (text.trim() === '') return;
    drafts.send(channel, text);
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter that ends an input method's composition is not ours.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <div className={classes.composer}>
      {drafts.all.length > 0 && (
        <ul className={classes.drafts} aria-label="Not sent yet">
          {drafts.all.map((draft) => (
            <DraftRow key={draft.key} draft={draft} drafts={drafts} />
          ))}
        </ul>
      )}
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Textarea
          className={classes.input}
          classNames={{ input: classes.area }}
          aria-label={label}
          placeholder={label}
          rows={1}
          dir="auto"
          value={text}
          onKeyDown={onKeyDown}
          onChange={(event) => {
            setText(event.currentTarget.value);
          }}
        />
        <Button type="submit" aria-label={`Send to ${channel}`}>
          Send
        </Button>
      </form>
    </div>
  );
}

function DraftRow({ draft, drafts }: { readonly draft: Draft; readonly drafts: Drafts }) {
  const failed = draft.error !== null;
  return (
    <li className={classes.draft} data-failed={failed}>
      <div className={classes.draftText}>
        <MessageText text={draft.message} />
      </div>
      {failed ? (
        <div role="alert" className={classes.reason}>
          Not sent: <bdi>{draft.error}</bdi>
        </div>
      ) : (
        <div className={classes.reason}>Sending …</div>
      )}
      {failed && (
        <div className={classes.actions}>
          {draft.retryable && (
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => {
                drafts.retry(draft);
              }}
            >
              Retry
            </Button>
          )}
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => {
              drafts.discard(draft.key);
            }}
          >
            Discard
          </Button>
        </div>
      )}
    </li>
  );
}
