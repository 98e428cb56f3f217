import { useState } from 'react';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import type { ChannelInfo } from '@globalws/client';
import type { Channels } from './useChannels';
import classes from './ChannelPicker.module.css';

interface Props {
  readonly channels: Channels;
  readonly value: string;
  readonly onChange: (channel: string) => void;
}

// No channel's name: those have no blanks.
const OTHER = 'another name';

/** A pattern is no channel that can be opened. */
function isName({ name }: ChannelInfo): boolean {
  return !/[*{]/.test(name);
}

/** The deployment's channels, or any other name: whether that is allowed, the API decides. */
export function ChannelPicker({ channels, value, onChange }: Props) {
  const names = channels.all.map((channel) => channel.name);
  const isListed = names.includes(value);
  const [typing, setTyping] = useState(false);
  const [typed, setTyped] = useState('');
  const options = channels.all.filter(isName).map(({ name, allowed }) => ({
    value: name,
    label: allowed ? name : `${name} (blocked)`,
  }));
  if (!isListed && value !== '') options.unshift({ value, label: value });
  return (
    <div className={classes.picker}>
      <NativeSelect
        label="Channel"
        data={[...options, { value: OTHER, label: 'Another name …' }]}
        value={typing ? OTHER : value}
        error={channels.error}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          setTyping(chosen === OTHER);
          if (chosen !== OTHER) onChange(chosen);
        }}
      />
      {typing && (
        <form
          className={classes.other}
          onSubmit={(event) => {
            event.preventDefault();
            const name = typed.trim();
            if (name === '') return;
            onChange(name);
            setTyping(false);
            setTyped('');
          }}
        >
          <TextInput
            label="Channel name"
            value={typed}
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
            }}
          />
          <Button type="submit" variant="default">
            Join
          </Button>
        </form>
      )}
    </div>
  );
}
