import { useState } from 'react';
import { Badge, Button } from '@mantine/core';
import { clock } from '../../lib/time';
import { RegionChip } from '../regions/RegionChip';
import { operator } from './api';
import type { DeadLetter, DeadLetters, Redriven } from './api';
import { summary } from './outcome';
import type { Report } from './outcome';
import classes from './Operator.module.css';

/** What could not be delivered, why, and another try. */
export function DeadLetterList({ report }: { readonly report: Report }) {
  const [found, setFound] = useState<DeadLetters | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<string>): Promise<void> => {
    setBusy(true);
    await report(work);
    setBusy(false);
  };
  const look = async (): Promise<string> => {
    const answer = await operator.deadLetters();
    setFound(answer);
    return counted(answer);
  };
  const redrive = async (): Promise<string> => {
    const { queues } = await operator.redrive();
    setFound(await operator.deadLetters());
    return told(queues);
  };
  return (
    <section className={classes.card} aria-labelledby="dead-letters">
      <h2 id="dead-letters">Dead letters</h2>
      <div className={classes.actions}>
        <Button variant="default" disabled={busy} onClick={() => void run(look)}>
          Look for dead letters
        </Button>
        <Button
          variant="default"
          disabled={busy || !found || found.deadLetters.length === 0}
          onClick={() => void run(redrive)}
        >
          Redrive
        </Button>
      </div>
      {found && found.deadLetters.length > 0 && (
        <ul className={classes.list}>
          {found.deadLetters.map((deadLetter) => (
            <DeadLetterRow key={deadLetter.messageId} deadLetter={deadLetter} />
          ))}
        </ul>
      )}
    </section>
  );
}

function DeadLetterRow({ deadLetter }: { readonly deadLetter: DeadLetter }) {
  return (
    <li className={classes.entry}>
      <div className={classes.entryHead}>
        <RegionChip region={deadLetter.region} />
        <span>{deadLetter.queue} queue</span>
        <span>{deadLetter.detailType ?? 'unknown event'}</span>
        {deadLetter.channel && <bdi>#{deadLetter.channel}</bdi>}
        <span>{clock(deadLetter.sentAt * 1000)}</span>
        {deadLetter.poison && (
          <Badge variant="light" color="red">
            poison
          </Badge>
        )}
      </div>
      <bdi className={classes.why}>{deadLetter.poison ?? deadLetter.reason}</bdi>
    </li>
  );
}

function counted({ deadLetters, errors }: DeadLetters): string {
  const count = deadLetters.length === 1 ? '1 dead letter' : `${deadLetters.length} dead letters`;
  return summary(`${count}.`, errors);
}

function told(queues: readonly Redriven[]): string {
  const sum = (key: 'done' | 'failed' | 'poison'): number =>
    queues.reduce((total, queue) => total + queue[key], 0);
  const errors = queues.filter((queue) => queue.error).map((queue) => queue.error);
  const counts = `${sum('done')} redriven, ${sum('failed')} failed, ${sum('poison')} poison.`;
  return [counts, ...errors].join(' ');
}
