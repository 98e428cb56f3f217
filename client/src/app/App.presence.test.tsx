import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { VISITOR } from '../features/session/clients';
import { messageOf } from '../testing/fakes';
import { FakeSocket } from '../testing/socket';
import { ISSUER, renew, world } from '../testing/world';
import { App } from './App';

beforeEach(() => {
  renew('/?region=us-west-2&channel=tech');
});

function member(user: string, connection: string, region = 'us-west-2') {
  const enteredAt = '2026-11-28T12:00:00.000Z';
  return { user, connection, region, data: null, enteredAt, seq: 1 };
}

function told(event: object): void {
  act(() => {
    FakeSocket.opened.forEach((socket) => {
      socket.change(event);
    });
  });
}

const names = (): (string | null)[] =>
  within(screen.getByRole('list', { name: 'Who is here' }))
    .getAllByRole('listitem')
    .map(({ textContent }) => textContent);

describe('who is here', () => {
  it('names the users of all regions, the reader first, as they come and go', async () => {
    FakeSocket.refusal = null;
    world.present = [
      member('ana', 'c1'),
      member('anon:8f3a-12cd', 'c2', 'ap-southeast-2'),
      member(`anon:${VISITOR}`, 'c3'),
    ];
    render(<App openFeed={world.feeds.open} />);
    await waitFor(() => {
      expect(names()).toEqual(['you', 'ana', 'visitor 12cd']);
    });
    expect(screen.getByText('visitor 12cd').parentElement).toHaveAttribute(
      'title',
      'anon:8f3a-12cd: Sydney',
    );
    told({ ...member('ben', 'c4'), action: 'ENTER' });
    told({ ...member('ana', 'c1'), action: 'LEAVE', seq: 2 });
    await waitFor(() => {
      expect(names()).toEqual(['you', 'visitor 12cd', 'ben']);
    });
  });

  it('names a dozen, and counts the others', async () => {
    FakeSocket.refusal = null;
    world.present = Array.from({ length: 15 }, (_, n) => member(`user ${n + 10}`, `c${n}`));
    render(<App openFeed={world.feeds.open} />);
    await waitFor(() => {
      expect(names()).toHaveLength(13);
    });
    expect(names().at(-1)).toBe('and 3 more');
  });

  it('counts the connections of a channel that is too full to name anybody', async () => {
    FakeSocket.refusal = null;
    world.present = [member('ana', 'c1')];
    render(<App openFeed={world.feeds.open} />);
    await waitFor(() => {
      expect(names()).toEqual(['ana']);
    });
    told({ action: 'COUNT', region: 'us-west-2' });
    expect(await screen.findByText('Here: 300 connections')).toBeVisible();
  });

  it('is not there where the deployment has no presence', async () => {
    world.present = [member('ana', 'c1')];
    render(<App openFeed={world.feeds.open} />);
    await waitFor(() => {
      expect(FakeSocket.opened.at(-1)?.refused).toBe(true);
    });
    expect(screen.queryByText('Here:')).toBeNull();
  });
});

it('side by side, what another column’s user wrote is not marked as ours', async () => {
  history.replaceState(null, '', '/?view=regions&channel=tech');
  world.config = { ...world.config, issuer: ISSUER };
  const user = userEvent.setup();
  render(<App openFeed={world.feeds.open} />);
  await user.selectOptions(await screen.findByLabelText('User in Oregon'), 'ana');
  await user.selectOptions(screen.getByLabelText('User in Sydney'), 'ben');
  const oregon = screen.getByRole('region', { name: 'Oregon' });
  const sydney = screen.getByRole('region', { name: 'Sydney' });
  await user.type(within(oregon).getByRole('textbox'), 'from ana{Enter}');
  await within(oregon).findByText('from ana');
  const sent = messageOf(1, { id: world.sent[0]?.id ?? '', message: 'from ana', publisher: 'ana' });
  act(() => {
    world.feeds.message('us-west-2', sent);
    world.feeds.message('ap-southeast-2', sent);
  });
  await within(sydney).findByText('from ana');
  expect(within(oregon).getByText('you')).toBeVisible();
  expect(within(sydney).queryByText('you')).toBeNull();
});
