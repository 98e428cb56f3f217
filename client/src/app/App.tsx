import { useEffect, useState } from 'react';
import { Alert, Button, MantineProvider } from '@mantine/core';
import type { ClientConfig } from '../config/config';
import { loadConfig } from '../config/config';
import { FeedContext } from '../features/feed/feed';
import type { OpenFeed } from '../features/feed/feed';
import { theme } from './theme';
import { Workspace } from './Workspace';
import classes from './App.module.css';

/** Everything; `openFeed` is how the page subscribes. */
export function App({ openFeed }: { readonly openFeed: OpenFeed }) {
  // Style elements are kept out by the Content-Security-Policy; the style sheets have it all.
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <FeedContext value={openFeed}>
        <Start />
      </FeedContext>
    </MantineProvider>
  );
}

function Start() {
  const [config, setConfig] = useState<ClientConfig | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    loadConfig().then(
      (loaded) => {
        if (!gone) setConfig(loaded);
      },
      (reason: unknown) => {
        if (!gone) setError(reason instanceof Error ? reason.message : String(reason));
      },
    );
    return () => {
      gone = true;
    };
  }, [round]);
  if (config) return <Workspace config={config} />;
  if (error === null) return <p className={classes.loading}>Loading …</p>;
  return (
    <main className={classes.failed}>
      <Alert color="red" title="GlobalWS cannot start" role="alert">
        <p>{error}.</p>
        <p>On this machine: is the stack running? On AWS: is config.json beside index.html?</p>
        <Button
          variant="default"
          onClick={() => {
            setError(null);
            setRound(round + 1);
          }}
        >
          Try again
        </Button>
      </Alert>
    </main>
  );
}
