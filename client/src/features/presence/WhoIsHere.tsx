import { ClientProvider, usePresence } from '@globalws/client/react';
import type { Client, PresenceMember } from '@globalws/client';
import { regionName } from '../../lib/regionNames';
import { VISITOR } from '../session/clients';
import classes from './WhoIsHere.module.css';

/** So many names fit in a row or two. */
const MOST_NAMES = 12;
const ANONYMOUS = 'anon:';

interface Props {
  readonly channel: string;
  readonly client: Client;
  /** Who is signed in, or empty. */
  readonly user: string;
}

/** Enters the channel, and names who else is in it; nothing where the deployment has no presence. */
export function WhoIsHere({ channel, client, user }: Props) {
  return (
    <ClientProvider client={client}>
      <Names channel={channel} own={user === '' ? ANONYMOUS + VISITOR : user} />
    </ClientProvider>
  );
}

function Names({ channel, own }: { readonly channel: string; readonly own: string }) {
  const { count, members, state } = usePresence(channel);
  if (state?.state === 'refused') return null;
  if (count !== null) {
    const connections = count.connections.toLocaleString();
    return (
      <p className={classes.row}>
        Here: {count.more && 'at least '}
        {connections} connections
      </p>
    );
  }
  if (members.length === 0) return null;
  const ordered = [
    ...members.filter((each) => each.user === own),
    ...members.filter((each) => each.user !== own),
  ];
  const left = ordered.length - MOST_NAMES;
  return (
    <div className={classes.row}>
      <span aria-hidden>Here:</span>
      <ul className={classes.names} aria-label="Who is here">
        {ordered.slice(0, MOST_NAMES).map((member) => (
          <li key={member.user} className={classes.name} title={`${member.user}: ${placesOf(member)}`}>
            <bdi>{member.user === own ? 'you' : nameOf(member)}</bdi>
          </li>
        ))}
        {left > 0 && <li className={classes.name}>and {left.toLocaleString()} more</li>}
      </ul>
    </div>
  );
}

/** Visitors have ids that say nothing: the end of one tells them apart. */
function nameOf({ user }: PresenceMember): string {
  return user.startsWith(ANONYMOUS) ? `visitor ${user.slice(-4)}` : user;
}

function placesOf({ connections }: PresenceMember): string {
  return [...new Set(connections.map(({ region }) => regionName(region)))].join(', ');
}
