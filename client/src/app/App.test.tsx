import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '@globalws/client';
import { messageOf, OREGON } from '../testing/fakes';
import { accept, renew, world } from '../testing/world';
import { App } from './App';

beforeEach(() => {
  renew('/?region=us-west-2&channel=tech');
});

/** How the ids of the first millisecond of 2020 begin. */
const TIME_OF_2020 = '01DXF6DT00';

async function start(): Promise<ReturnType<typeof userEvent.setup>> {
  const user = userEvent.setup();
  render(<App openFeed={world.feeds.open} />);
  await waitFor(() => {
    expect(world.feeds.opened.length).toBeGreaterThan(0);
  });
  return user;
}

const rows = (): string[] => {
  const log = screen.getByRole('log');
  return within(log)
    .queryAllByRole('listitem')
    .map((row) => row.textContent);
};

async function arrive(message: Message): Promise<void> {
  act(() => {
    world.feeds.message('us-west-2', message);
  });
  await screen.findByText(message.message);
}

describe('the channel view', () => {
  it('subscribes at home first, and shows what arrives with its origin', async () => {
    await start();
    expect(world.feeds.opened.at(-1)).toEqual({
      channel: 'tech',
      regions: ['us-west-2', 'ap-southeast-2'],
    });
    await arrive(messageOf(1, { region: 'ap-southeast-2', message: 'hi from Sydney' }));
    expect(rows()[0]).toMatch(/Sydney.*ap-southeast-2.*#tech.*arrived after \+.*hi from Sydney/);
  });

  it('sends with Enter, breaks lines with Shift+Enter, and marks what is ours', async () => {
    const user = await start();
    const box = screen.getByRole('textbox', { name: 'Message to #tech' });
    await user.type(box, 'one{Shift>}{Enter}{/Shift}two{Enter}');
    expect(world.sent).toMatchObject([{ name: 'tech', message: 'one\ntwo' }]);
    expect(box).toHaveValue('');
    await waitFor(() => {
      expect(rows()).toHaveLength(1);
    });
    expect(rows()[0]).toContain('you');
  });

  it('retries a failed message with its own id', async () => {
    world.publish = () =>
      Response.json({
        data: { publish: null },
        errors: [{ errorType: 'BusUnavailable', message: 'publish again with the same id' }],
      });
    const user = await start();
    await user.type(screen.getByRole('textbox', { name: /Message/ }), 'precious{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('the service is busy: try again');
    world.publish = accept;
    await user.click(screen.getByRole('button', { name: 'Retry' }));
    await waitFor(() => {
      expect(rows().join()).toContain('precious');
    });
    // Each region once, and then at the sender's wish.
    expect(world.sent).toHaveLength(3);
    expect(new Set(world.sent.map(({ id }) => id)).size).toBe(1);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('sends a message although the clock of this machine is wrong', async () => {
    const now = Date.UTC(2020, 0, 1);
    world.publish = (variables) =>
      variables.id.startsWith(TIME_OF_2020)
        ? accept(variables)
        : Response.json({
            errors: [{ errorType: 'InvalidMessageId', message: 'leave it out', errorInfo: { now } }],
          });
    const user = await start();
    await user.type(screen.getByRole('textbox', { name: /Message/ }), 'late{Enter}');
    await waitFor(() => {
      expect(rows().join()).toContain('late');
    });
    expect(rows()).toHaveLength(1);
    expect(rows()[0]).toContain('you');
    expect(world.sent).toHaveLength(2);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('takes no other message for the one that it sent', async () => {
    world.publish = (variables) => accept({ ...variables, message: 'another' });
    const user = await start();
    await user.type(screen.getByRole('textbox', { name: /Message/ }), 'mine{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('the service does not answer');
    expect(screen.getByRole('button', { name: 'Retry' })).toBeVisible();
  });

  it('offers no retry of what the API will always refuse', async () => {
    world.publish = () =>
      Response.json({ errors: [{ errorType: 'MessageTooLarge', message: 'send at most 204800' }] });
    const user = await start();
    await user.type(screen.getByRole('textbox', { name: /Message/ }), 'huge{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('too long: 200 KB is the most');
    expect(screen.queryByRole('button', { name: 'Retry' })).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Discard' }));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('asks the API about any other name, and shows its refusal', async () => {
    const user = await start();
    await screen.findByRole('option', { name: 'cars' });
    await user.selectOptions(screen.getByLabelText('Channel'), 'Another name …');
    await user.type(screen.getByLabelText('Channel name'), 'nope{Enter}');
    await waitFor(() => {
      expect(world.feeds.opened.at(-1)?.channel).toBe('nope');
    });
    act(() => {
      world.feeds.state('us-west-2', {
        kind: 'refused',
        region: 'us-west-2',
        errorType: 'ChannelNotAllowed',
        reason: 'channel nope is not allowed: ask "channels" for those that are',
      });
    });
    const status = await screen.findByRole('status', { name: 'Subscription' });
    await waitFor(() => {
      expect(status).toHaveTextContent(
        'Refused this channel is not open; this page comes back by itself',
      );
    });
    const before = world.feeds.opened.length;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => {
      expect(world.feeds.opened).toHaveLength(before + 1);
    });
  });

  it('says why an operator closed the channel, and comes back once it is open', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await start();
    world.closed = { allowed: false, reason: 'claim 1138' };
    act(() => {
      world.feeds.state('us-west-2', {
        kind: 'refused',
        region: 'us-west-2',
        errorType: 'ChannelNotAllowed',
        reason: 'channel tech is not allowed (claim 1138): ask "channels" for those that are',
      });
    });
    const status = await screen.findByRole('status', { name: 'Subscription' });
    await waitFor(() => {
      expect(status).toHaveTextContent('this channel is not open (claim 1138)');
    });
    expect(document.body).not.toHaveTextContent('ask "channels"');
    await act(() => vi.advanceTimersByTimeAsync(10_000));
    expect(status).toHaveTextContent('Refused');
    const before = world.feeds.opened.length;
    world.closed = { allowed: true, reason: null };
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    expect(world.feeds.opened.length).toBeGreaterThan(before);
    expect(status).toHaveTextContent('Connecting');
    vi.useRealTimers();
  });

  it.each([
    ['where most was said lately', { music: 9, cars: 3 }, 'cars'],
    ['where the examples are, if nothing was said', {}, 'tech'],
    ['where the examples are, if as much was said elsewhere', { cars: 2, tech: 2 }, 'tech'],
  ])('opens %s', async (_, counts, channel) => {
    history.replaceState(null, '', '/?region=us-west-2');
    world.stored = counts; // music is no channel of this deployment
    await start();
    expect(world.feeds.opened.map((each) => each.channel)).toEqual([channel]);
  });

  it('shows markup, scripts and hidden characters as text', async () => {
    await start();
    const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>\u202eevil\u0000';
    act(() => {
      world.feeds.message('us-west-2', messageOf(1, { message: hostile }));
    });
    const text = await screen.findByText(/onerror=alert/);
    expect(text).toHaveTextContent('<script>alert(2)</script>U+202Eevil␀');
    expect(text).toHaveAttribute('dir', 'auto');
    expect(document.querySelector('img[src="x"], bdi script')).toBeNull();
  });

  it('folds up a very long message', async () => {
    const user = await start();
    act(() => {
      world.feeds.message('us-west-2', messageOf(1, { message: 'x'.repeat(20_000) }));
    });
    const more = await screen.findByRole('button', { name: /show all 20,000/ });
    expect(rows()[0]?.length).toBeLessThan(1_000);
    await user.click(more);
    expect(rows()[0]?.length).toBeGreaterThan(20_000);
  });

  it('has no operator when the configuration names none', async () => {
    history.replaceState(null, '', '/?view=operator&channel=tech&region=us-west-2');
    await start();
    expect(screen.queryByRole('button', { name: 'Operator' })).toBeNull();
    expect(screen.getByRole('log')).toBeInTheDocument();
  });
});

describe('the side-by-side view', () => {
  it('subscribes in each region alone', async () => {
    history.replaceState(null, '', '/?view=regions&channel=tech');
    await start();
    const homes = world.feeds.opened.map((each) => each.regions.join());
    expect(homes).toContain('us-west-2');
    expect(homes).toContain('ap-southeast-2');
    const sydney = screen.getByRole('region', { name: 'Sydney' });
    act(() => {
      world.feeds.message('ap-southeast-2', messageOf(1, { publishedAt: new Date().toISOString() }));
    });
    await within(sydney).findByText('message 1');
    const paths = screen.getByLabelText('Replication');
    expect(paths).toHaveTextContent('Sydney → to Oregonno message yet');
    await waitFor(() => {
      expect(paths).toHaveTextContent(/Oregon → to Sydneymedian \d+ ms, slowest \d+ ms, 1 message/);
    });
  });
});

it('says what is wrong with the configuration, and tries again', async () => {
  world.config = { regions: [] };
  const user = userEvent.setup();
  render(<App openFeed={world.feeds.open} />);
  expect(await screen.findByRole('alert')).toHaveTextContent('config.json names no region');
  world.config = { regions: [OREGON], operator: false };
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('log')).toBeInTheDocument();
});
