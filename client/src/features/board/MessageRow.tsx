import { memo } from 'react';
import { clock, duration, fullTime } from '../../lib/time';
import { RegionChip } from '../regions/RegionChip';
import { lag } from './board';
import type { MessageEntry } from './board';
import { MessageText } from './MessageText';
import classes from './Board.module.css';

export const MessageRow = memo(function MessageRow({ entry }: { readonly entry: MessageEntry }) {
  const { message, own } = entry;
  return (
    <li className={classes.message} data-own={own} data-message-id={message.id}>
      <div className={classes.meta}>
        <RegionChip region={message.region} />
        <span className={classes.channel}>#{message.name}</span>
        <time dateTime={message.publishedAt} title={fullTime(entry.at)}>
          {clock(entry.at)}
        </time>
        <Lag entry={entry} />
        {message.publisher !== null && (
          <span className={classes.publisher} title="Who published it, as the API verified">
            <span className="hidden">from </span>
            <bdi>{message.publisher}</bdi>
          </span>
        )}
        {own && <span className={classes.own}>you</span>}
      </div>
      <div className={classes.body}>
        <MessageText text={message.message} />
      </div>
    </li>
  );
});

function Lag({ entry }: { readonly entry: MessageEntry }) {
  const milliseconds = lag(entry);
  if (milliseconds !== null) {
    return (
      <span className={classes.lag} title="From publishing to its arrival here, by both clocks">
        <span className="hidden">arrived after </span>+{duration(milliseconds)}
      </span>
    );
  }
  if (entry.via === 'history') {
    return (
      <span className={classes.lag} title="Missed while away, and fetched from the channel's history">
        caught up
      </span>
    );
  }
  return null;
}
