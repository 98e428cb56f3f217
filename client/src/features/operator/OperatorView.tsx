import { useCallback, useState } from 'react';
import { Alert } from '@mantine/core';
import type { Channels } from '../channels/useChannels';
import { AuditList } from './AuditList';
import { ChannelCommands } from './ChannelCommands';
import { DeadLetterList } from './DeadLetterList';
import { RegionControls } from './RegionControls';
import { UserList } from './UserList';
import type { Outcome, Report } from './outcome';
import classes from './Operator.module.css';

interface Props {
  readonly channels: Channels;
  readonly channel: string;
}

/** What `globalws` does, for the local stack that serves this page. */
export function OperatorView({ channels, channel }: Props) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const report: Report = useCallback(async (work) => {
    try {
      const text = await work();
      setOutcome(text === null ? null : { text, failed: false });
    } catch (error) {
      setOutcome({ text: error instanceof Error ? error.message : String(error), failed: true });
    }
  }, []);
  return (
    <section className={classes.view} aria-label="Operator">
      <div role="status" aria-label="Outcome">
        {outcome && (
          <Alert
            variant="light"
            color={outcome.failed ? 'red' : 'teal'}
            classNames={{ message: classes.outcome }}
          >
            {outcome.text}
          </Alert>
        )}
      </div>
      <div className={classes.cards}>
        <ChannelCommands channels={channels} initial={channel} report={report} />
        <div className={classes.stack}>
          <RegionControls report={report} />
          <UserList report={report} />
          <DeadLetterList report={report} />
          <AuditList report={report} />
        </div>
      </div>
    </section>
  );
}
