import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { OREGON, SYDNEY } from '../testing/fakes';
import { renew, world } from '../testing/world';
import { App } from './App';

beforeEach(() => {
  renew('/?view=operator&channel=tech&region=us-west-2');
});

describe('the operator view', () => {
  async function operate(): Promise<ReturnType<typeof userEvent.setup>> {
    world.config = { regions: [OREGON, SYDNEY], operator: true };
    history.replaceState(null, '', '/?view=operator&channel=tech&region=us-west-2');
    const user = userEvent.setup();
    render(<App openFeed={world.feeds.open} />);
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
    expect(world.operated).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Purge' }));
    await user.click(screen.getByRole('button', { name: 'Delete and purge' }));
    const change = { reason: 'claim 1138', block: false, deleteHistory: true };
    expect(world.operated).toEqual([['POST', '/channels/tech/purge', change]]);
  });

  it('keeps what the operator does while the channel to open is not known yet', async () => {
    world.config = { regions: [OREGON, SYDNEY], operator: true };
    history.replaceState(null, '', '/?view=operator&region=us-west-2');
    let release: () => void = () => undefined;
    world.held = new Promise((resolve) => {
      release = resolve;
    });
    render(<App openFeed={world.feeds.open} />);
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
    expect(world.operated).toHaveLength(1);
  });

  it('leaves a channel to the deployment, and shows who did what', async () => {
    const user = await operate();
    await user.click(screen.getByRole('button', { name: 'Reset' }));
    const change = { allowed: null, reason: 'claim 1138' };
    expect(world.operated).toEqual([['PUT', '/channels/tech/policy', change]]);
    await user.click(screen.getByRole('button', { name: 'Show the audit' }));
    const audit = await screen.findByRole('list', { name: 'Audit records' });
    expect(audit).toHaveTextContent(/Oregon.*block #media: done.*claim 1138 – ops@host/);
  });

  it('shows who is blocked and who has a grant, and where regions differ', async () => {
    const user = await operate();
    await user.click(screen.getByRole('button', { name: 'Show the users' }));
    const row = await screen.findByRole('row', { name: /^ana/ });
    expect(row).toHaveTextContent('anablockedregions differorders:* publish, subscribespam');
    expect(screen.getByRole('status', { name: 'Outcome' })).toHaveTextContent('1 user with a block or a grant.');
  });
});
