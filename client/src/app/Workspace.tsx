import { useMemo } from 'react';
import type { RegionEndpoint } from '@globalws/client';
import type { ClientConfig } from '../config/config';
import { ChannelPicker } from '../features/channels/ChannelPicker';
import { ChannelView } from '../features/channels/ChannelView';
import { useChannels } from '../features/channels/useChannels';
import { useOpening } from '../features/channels/useOpening';
import { OperatorView } from '../features/operator/OperatorView';
import { byDistance } from '../features/regions/measure';
import type { RoundTrips } from '../features/regions/measure';
import { NEAREST, RegionPicker } from '../features/regions/RegionPicker';
import { RegionOrder } from '../features/regions/regionOrder';
import { useRoundTrips } from '../features/regions/useRoundTrips';
import { IssuerContext, useClient } from '../features/session/clients';
import { SignIn } from '../features/session/SignIn';
import { SideBySide } from '../features/sideBySide/SideBySide';
import { Header } from './Header';
import { usePlace } from './usePlace';
import classes from './App.module.css';

type Regions = readonly [RegionEndpoint, ...RegionEndpoint[]];

/** The page once its configuration is known. */
export function Workspace({ config }: { readonly config: ClientConfig }) {
  return (
    <IssuerContext value={config.issuer}>
      <Rooms config={config} />
    </IssuerContext>
  );
}

function Rooms({ config }: { readonly config: ClientConfig }) {
  const { regions } = config;
  const [place, go] = usePlace();
  const { user } = place;
  const times = useRoundTrips(useClient(regions, user));
  const ordered = useMemo(
    () => homeFirst(regions, times, place.region),
    [regions, times, place.region],
  );
  const client = useClient(ordered ?? regions, user);
  const channels = useChannels(client);
  const opening = useOpening(channels.all, ordered && client, place.channel === '');
  const channel = place.channel === '' ? opening : place.channel;
  const view = place.view === 'operator' && !config.operator ? 'channel' : place.view;
  const codes = useMemo(() => regions.map((each) => each.region), [regions]);
  return (
    <RegionOrder value={codes}>
      <div className={classes.page} data-view={view}>
        <Header
          view={view}
          operator={config.operator}
          onView={(chosen) => {
            go({ view: chosen });
          }}
        />
        <main className={classes.main}>
          {view !== 'operator' && (
            <div className={classes.tools}>
              {view === 'channel' && (
                <RegionPicker
                  regions={regions}
                  times={times}
                  value={codes.includes(place.region) ? place.region : NEAREST}
                  onChange={(region) => {
                    go({ region });
                  }}
                />
              )}
              <SignIn
                label="User"
                user={user}
                onUser={(name) => {
                  go({ user: name });
                }}
              />
              <ChannelPicker
                channels={channels}
                value={channel}
                onChange={(name) => {
                  go({ channel: name });
                }}
              />
            </div>
          )}
          {view === 'operator' && (
            <OperatorView channels={channels} channel={channel} />
          )}
          {view === 'regions' && channel !== '' && (
            <SideBySide key={channel} channel={channel} regions={regions} user={user} />
          )}
          {view === 'channel' && channel !== '' && ordered && (
            <ChannelView
              key={`${channel} ${user}`}
              channel={channel}
              regions={ordered}
              user={user}
            />
          )}
        </main>
      </div>
    </RegionOrder>
  );
}

/** The chosen region, then the others by distance; null while `nearest` is not known yet. */
function homeFirst(regions: Regions, times: RoundTrips | null, chosen: string): Regions | null {
  const home = regions.find((each) => each.region === chosen);
  if (!home && !times) return null;
  const near = times ? byDistance(regions, times) : regions;
  const [first, ...rest] = home ? [home, ...near.filter((each) => each !== home)] : near;
  return first ? [first, ...rest] : regions;
}
