import { useCallback, useEffect, useState } from 'react';

export const VIEWS = ['channel', 'regions', 'operator'] as const;
export type View = (typeof VIEWS)[number];

/** Where the reader is: kept in the address, so that it can be shared and reloaded. */
export interface Place {
  readonly view: View;
  /** A region's code, or `nearest`. */
  readonly region: string;
  /** Empty: the channel where something is to be seen. */
  readonly channel: string;
  /** Who is signed in with the local issuer; empty: a visitor. */
  readonly user: string;
}

export function parsePlace(search: string): Place {
  const parameters = new URLSearchParams(search);
  const view = VIEWS.find((each) => each === parameters.get('view')) ?? 'channel';
  return {
    view,
    region: parameters.get('region') ?? 'nearest',
    channel: parameters.get('channel') ?? '',
    user: parameters.get('user') ?? '',
  };
}

export function formatPlace({ view, region, channel, user }: Place): string {
  const parameters = new URLSearchParams();
  if (view !== 'channel') parameters.set('view', view);
  if (region !== 'nearest') parameters.set('region', region);
  if (channel !== '') parameters.set('channel', channel);
  if (user !== '') parameters.set('user', user);
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

export function usePlace(): readonly [Place, (change: Partial<Place>) => void] {
  const [place, setPlace] = useState(() => parsePlace(location.search));
  useEffect(() => {
    const follow = (): void => {
      setPlace(parsePlace(location.search));
    };
    addEventListener('popstate', follow);
    return () => {
      removeEventListener('popstate', follow);
    };
  }, []);
  const go = useCallback((change: Partial<Place>) => {
    const next = { ...parsePlace(location.search), ...change };
    history.pushState(null, '', location.pathname + formatPlace(next));
    setPlace(next);
  }, []);
  return [place, go];
}
