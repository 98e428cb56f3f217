import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '../graphql/schema';
import { ulid } from '../lib/ulid';
import { FakeFeeds, messageOf, OREGON, SYDNEY } from '../testing/fakes';
import { App } from './App';

interface Body {
  readonly query: string;
  readonly variables: { readonly name: string; readonly message: string; readonly id: string };
}
type Publish = (body: Body['variables']) => Response;

const CHANNELS = [
  { name: 'cars', allowed: true, reason: null, updatedAt: null },
  { name: 'media', allowed: false, reason: 'claim', updatedAt: null },
  { name: 'tech', allowed: true, reason: null, updatedAt: null },
];
const AUDIT = {
  records: [
    {
      key: 'media#block#1',
      region: 'us-west-2',
      at: '2026-11-23T10:15:00.000Z',
      action: 'block',
      channel: 'media',
      by: 'ops@host',
      reason: 'claim 1138',
      outcome: 'done',
    },
  ],
  errors: [],
};
const accept: Publish = (variables) =>
  Response.json({ data: { publish: messageOf(1, { ...variables }) } });

let publish: Publish;
let sent: Body['variables'][];
let feeds: FakeFeeds;
let config: object;
/** What the registry says of a channel that is not allowed. */
let closed: object;
/** How many messages each channel's history has. */
let stored: Readonly<Record<string, number>>;
/** What every answer of history waits for. */
let held: Promise<void>;
/** The operator's calls: method, path, body. */
let operated: [string, string, unknown][];

beforeEach(() => {
  history.replaceState(null, '', '/?region=us-west-2&channel=tech');
  publish = accept;
  sent = [];
  feeds = new FakeFeeds();
  config = { regions: [OREGON, SYDNEY], operator: false };
  closed = { allowed: false, reason: null };
  stored = {};
  held = Promise.resolve();
  operated = [];
  vi.stubGlobal('fetch', (url: string, request?: RequestInit) => {
    if (url === '/config.json') return Promise.resolve(Response.json(config));
    if (url.startsWith('/_local/operator')) {
      const call = url.slice('/_local/operator'.length);
      if (request?.body) operated.push([request.method ?? '', call, JSON.parse(request.body as string)]);
      return Promise.resolve(Response.json({ regions: [], region: 'us-west-2', ...AUDIT }));
    }
    const body = JSON.parse(request?.body as string) as Body;
    if (body.query.includes('channels {')) {
      return Promise.resolve(Response.json({ data: { channels: CHANNELS } }));
    }
    if (body.query.includes('getChannel(')) {
      return Promise.resolve(Response.json({ data: { getChannel: closed } }));
    }
    if (body.query.includes('history(')) {
      const items = Array.from({ length: stored[body.variables.name] ?? 0 }, (_, n) => messageOf(n));
      return held.then(() => Response.json({ data: { history: { items, nextToken: null } } }));
    }
    if (body.query.includes('mutation')) {
      sent.push(body.variables);
      return Promise.resolve(publish(body.variables));
    }
    return Promise.resolve(Response.json({ data: { __typename: 'Query' } }));
  });
});

async function start(): Promise<ReturnType<typeof userEvent.setup>> {
  const user = userEvent.setup();
  render(<App openFeed={feeds.open} />);
  await waitFor(() => {
    expect(feeds.opened.length).toBeGreaterThan(0);
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
    feeds.message('us-west-2', message);
  });
  await screen.findByText(message.message);
}

describe('the channel view', () => {
  it('subscribes at home first, and shows what arrives with its origin', async () => {
    await start();
    expect(feeds.opened.at(-1)).toEqual({
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
    expect(sent).toMatchObject([{ name: 'tech', message: 'one\ntwo' }]);
    expect(box).toHaveValue('');
    await waitFor(() => {
      expect(rows()).toHaveLength(1);
    });
    expect(rows()[0]).toContain('you');
  });

  it('retries a failed message with its own id', async () => {
    publish = () =>
      Response.json({
        data: { publish: null },
        errors: [{ errorType: 'BusUnavailable', message: 'publish again with the same id' }],
      });
    const user = await start();
    await user.type(screen.getByRole('textbox', { name: /Message/ }), 'precious{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('the service is busy: try again');
    publish = accept;
    await user.click(screen.getByRole('button', { name: 'Retry' }));
    await waitFor(() => {
      expect(rows().join()).toContain('precious');
    });
    expect(sent).toHaveLength(2);
    expect(sent[0]?.id).toBe(sent[1]?.id);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('sends a message although the clock of this machine is wrong', async () => {
    const now = Date.UTC(2020, 0, 1);
    publish = (variables) =>
      variables.id.startsWith(ulid(now).slice(0, 10))
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
    expect(sent).toHaveLength(2);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('takes no other message for the one that it sent', async () => {
    publish = (variables) => accept({ ...variables, message: 'another' });
    const user = await start();
    await user.type(screen.getByRole('textbox', { name: /Message/ }), 'mine{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('the service is busy');
    expect(screen.getByRole('button', { name: 'Retry' })).toBeVisible();
  });

  it('offers no retry of what the API will always refuse', async () => {
    publish = () =>
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
      expect(feeds.opened.at(-1)?.channel).toBe('nope');
    });
    act(() => {
      feeds.state('us-west-2', {
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
    const before = feeds.opened.length;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => {
      expect(feeds.opened).toHaveLength(before + 1);
    });
  });

  it('says why an operator closed the channel, and comes back once it is open', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await start();
    closed = { allowed: false, reason: 'claim 1138' };
    act(() => {
      feeds.state('us-west-2', {
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
    const before = feeds.opened.length;
    closed = { allowed: true, reason: null };
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    expect(feeds.opened.length).toBeGreaterThan(before);
    expect(status).toHaveTextContent('Connecting');
    vi.useRealTimers();
  });

  it.each([
    ['where most was said lately', { music: 9, cars: 3 }, 'cars'],
    ['where the examples are, if nothing was said', {}, 'tech'],
    ['where the examples are, if as much was said elsewhere', { cars: 2, tech: 2 }, 'tech'],
  ])('opens %s', async (_, counts, channel) => {
    history.replaceState(null, '', '/?region=us-west-2');
    stored = counts; // music is no channel of this deployment
    await start();
    expect(feeds.opened.map((each) => each.channel)).toEqual([channel]);
  });

  it('shows markup, scripts and hidden characters as text', async () => {
    await start();
    const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>\u202eevil\u0000';
    act(() => {
      feeds.message('us-west-2', messageOf(1, { message: hostile }));
    });
    const text = await screen.findByText(/onerror=alert/);
    expect(text).toHaveTextContent('<script>alert(2)</script>U+202Eevil␀');
    expect(text).toHaveAttribute('dir', 'auto');
    expect(document.querySelector('img[src="x"], bdi script')).toBeNull();
  });

  it('folds up a very long message', async () => {
    const user = await start();
    act(() => {
      feeds.message('us-west-2', messageOf(1, { message: 'x'.repeat(20_000) }));
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

describe('the operator view', () => {
  async function operate(): Promise<ReturnType<typeof userEvent.setup>> {
    config = { regions: [OREGON, SYDNEY], operator: true };
    history.replaceState(null, '', '/?view=operator&channel=tech&region=us-west-2');
    const user = userEvent.setup();
    render(<App openFeed={feeds.open} />);
    await user.type(await screen.findByLabelText('Reason'), 'claim 1138');
    return user;
  }

  it('asks before it deletes what is stored', async () => {
    const user = await operate();
    await user.click(screen.getByLabelText('Delete its stored messages'));
    await user.click(screen.getByRole('button', { name: 'Purge' }));
    expect(screen.getByRole('alertdialog')).toHaveTextContent(/stored messages of tech.*for good/);
    expect(screen.getByRole('button', { name: 'Keep them' })).toHaveFocus();
    await user.click(screen.getByRole('button', { name: 'Keep them' }));
    expect(screen.queryByRole('alertdialog')).toBeNull();
    expect(operated).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Purge' }));
    await user.click(screen.getByRole('button', { name: 'Delete and purge' }));
    const order = { reason: 'claim 1138', block: false, deleteHistory: true };
    expect(operated).toEqual([['POST', '/channels/tech/purge', order]]);
  });

  it('keeps what the operator does while the channel to open is not known yet', async () => {
    config = { regions: [OREGON, SYDNEY], operator: true };
    history.replaceState(null, '', '/?view=operator&region=us-west-2');
    let release: () => void = () => undefined;
    held = new Promise((resolve) => {
      release = resolve;
    });
    render(<App openFeed={feeds.open} />);
    const user = userEvent.setup();
    await user.type(await screen.findByLabelText('Reason'), 'kept');
    release();
    await waitFor(() => {
      expect(screen.getByLabelText('Channel to change')).toHaveValue('tech');
    });
    expect(screen.getByLabelText('Reason')).toHaveValue('kept');
  });

  it('purges without a question what can be had again', async () => {
    const user = await operate();
    await user.click(screen.getByRole('button', { name: 'Purge' }));
    expect(operated).toHaveLength(1);
  });

  it('leaves a channel to the deployment, and shows who did what', async () => {
    const user = await operate();
    await user.click(screen.getByRole('button', { name: 'Reset' }));
    const order = { allowed: null, reason: 'claim 1138' };
    expect(operated).toEqual([['PUT', '/channels/tech/policy', order]]);
    await user.click(screen.getByRole('button', { name: 'Show the audit' }));
    const audit = await screen.findByRole('list', { name: 'Audit records' });
    expect(audit).toHaveTextContent(/Oregon.*block #media: done.*claim 1138 – ops@host/);
  });
});

describe('the side-by-side view', () => {
  it('subscribes in each region alone', async () => {
    history.replaceState(null, '', '/?view=regions&channel=tech');
    await start();
    const homes = feeds.opened.map((each) => each.regions.join());
    expect(homes).toContain('us-west-2');
    expect(homes).toContain('ap-southeast-2');
    const sydney = screen.getByRole('region', { name: 'Sydney' });
    act(() => {
      feeds.message('ap-southeast-2', messageOf(1, { publishedAt: new Date().toISOString() }));
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
  config = { regions: [] };
  const user = userEvent.setup();
  render(<App openFeed={feeds.open} />);
  expect(await screen.findByRole('alert')).toHaveTextContent('config.json names no region');
  config = { regions: [OREGON], operator: false };
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByRole('log')).toBeInTheDocument();
});
