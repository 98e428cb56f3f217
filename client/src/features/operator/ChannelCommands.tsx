import { useState } from 'react';
import { Badge, Button, Checkbox, TextInput } from '@mantine/core';
import type { ChannelInfo } from '@globalws/client';
import type { Channels } from '../channels/useChannels';
import { operator } from './api';
import type { Report } from './outcome';
import classes from './Operator.module.css';

interface Props {
  readonly channels: Channels;
  readonly initial: string;
  readonly report: Report;
}

/** Allow, block, reset and purge a channel in every region, with the reason that clients will read. */
export function ChannelCommands({ channels, initial, report }: Props) {
  // The channel that opens first becomes known only when the page is in use already.
  const [typed, setName] = useState<string | null>(null);
  const name = typed ?? initial;
  const [reason, setReason] = useState('');
  const [block, setBlock] = useState(false);
  const [deleteHistory, setDeleteHistory] = useState(false);
  const [asking, setAsking] = useState(false);
  const ready = name.trim() !== '' && reason.trim() !== '';

  const command = async (work: () => Promise<{ region: string }>, done: string): Promise<void> => {
    await report(async () => {
      const { region } = await work();
      channels.reload();
      return `${done} The command is on the bus of ${region}, which carries it to every region.`;
    });
  };
  const purge = (): void => {
    setAsking(false);
    void command(
      () => operator.purge(name, { reason, block, deleteHistory }),
      `${name} is to be purged.`,
    );
  };
  return (
    <section className={classes.card} aria-labelledby="channel-commands">
      <h2 id="channel-commands">Channels</h2>
      <div className={classes.fields}>
        <TextInput
          label="Channel to change"
          list="known-channels"
          value={name}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <datalist id="known-channels">
          {channels.all.map((each) => (
            <option key={each.name} value={each.name} />
          ))}
        </datalist>
        <TextInput
          label="Reason"
          description="Clients of a blocked channel read it"
          value={reason}
          maxLength={500}
          onChange={(event) => {
            setReason(event.currentTarget.value);
          }}
        />
      </div>
      <div className={classes.actions}>
        <Button
          disabled={!ready}
          onClick={() => void command(() => operator.setPolicy(name, false, reason), `${name} is to be blocked.`)}
        >
          Block
        </Button>
        <Button
          variant="default"
          disabled={!ready}
          onClick={() => void command(() => operator.setPolicy(name, true, reason), `${name} is to be allowed.`)}
        >
          Allow
        </Button>
        <Button
          variant="default"
          disabled={!ready}
          onClick={() =>
            void command(
              () => operator.setPolicy(name, null, reason),
              `${name} is to be as the deployment has it.`,
            )
          }
        >
          Reset
        </Button>
      </div>
      <fieldset className={classes.purge}>
        <legend>Purge: end every open subscription</legend>
        <Checkbox
          label="Block it, too"
          checked={block}
          onChange={(event) => {
            setBlock(event.currentTarget.checked);
          }}
        />
        <Checkbox
          label="Delete its stored messages"
          checked={deleteHistory}
          onChange={(event) => {
            setDeleteHistory(event.currentTarget.checked);
          }}
        />
        <Button
          color="red"
          disabled={!ready || asking}
          onClick={() => {
            if (deleteHistory) setAsking(true);
            else purge();
          }}
        >
          Purge
        </Button>
        {asking && (
          <ConfirmDeletion
            channel={name}
            onYes={purge}
            onNo={() => {
              setAsking(false);
            }}
          />
        )}
      </fieldset>
      <ChannelTable all={channels.all} />
      <Button size="compact-sm" variant="default" onClick={channels.reload}>
        Refresh channels
      </Button>
    </section>
  );
}

interface Question {
  readonly channel: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** What is deleted does not come back. */
function ConfirmDeletion({ channel, onYes, onNo }: Question) {
  return (
    <div className={classes.question} role="alertdialog" aria-labelledby="question">
      <p id="question">
        Delete all stored messages of <bdi>{channel}</bdi> in every region, for good?
      </p>
      <div className={classes.actions}>
        <Button color="red" onClick={onYes}>
          Delete and purge
        </Button>
        <Button variant="default" onClick={onNo} ref={focus}>
          Keep them
        </Button>
      </div>
    </div>
  );
}

function focus(button: HTMLButtonElement | null): void {
  button?.focus();
}

function ChannelTable({ all }: { readonly all: readonly ChannelInfo[] }) {
  return (
    <table className={classes.table}>
      <caption className="hidden">Channels and their policy</caption>
      <thead>
        <tr>
          <th scope="col">Channel</th>
          <th scope="col">Policy</th>
          <th scope="col">Publish</th>
          <th scope="col">Subscribe</th>
          <th scope="col">Reason</th>
        </tr>
      </thead>
      <tbody>
        {all.map((channel) => (
          <tr key={channel.name}>
            <th scope="row">{channel.name}</th>
            <td>
              <Badge variant="light" color={channel.allowed ? 'teal' : 'red'}>
                {channel.allowed ? 'allowed' : 'blocked'}
              </Badge>
            </td>
            <td>
              <bdi>{channel.publish ?? 'anyone'}</bdi>
            </td>
            <td>
              <bdi>{channel.subscribe ?? 'anyone'}</bdi>
            </td>
            <td>
              <bdi>{channel.reason ?? ''}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
