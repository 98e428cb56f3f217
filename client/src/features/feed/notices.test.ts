import { describe, expect, it } from 'vitest';
import type { FeedState } from './feed';
import { NO_MEMORY, noticeOf, remember } from './notices';

const REGION = 'us-west-2';
const connecting: FeedState = { kind: 'connecting', region: REGION, reason: '' };
const resuming: FeedState = { kind: 'resuming', region: REGION, reason: '' };
const live: FeedState = { kind: 'live', region: REGION, gap: false };
const kicked: FeedState = { kind: 'kicked', region: REGION, reason: '' };
const away: FeedState = {
  kind: 'failed-over',
  region: 'ap-southeast-2',
  home: REGION,
  gap: false,
};
const refused: FeedState = {
  kind: 'refused',
  region: REGION,
  errorType: 'ChannelNotAllowed',
  reason: 'channel x is not allowed',
};

function told(states: readonly FeedState[]): (string | null)[] {
  let memory = NO_MEMORY;
  return states.map((state) => {
    const notice = noticeOf(state, memory);
    memory = remember(state, memory);
    return notice?.text ?? null;
  });
}

describe('notices', () => {
  it('say nothing of a beginning', () => {
    expect(told([connecting, resuming, live])).toEqual([null, null, null]);
  });
  it('tell of a kick and the resume', () => {
    expect(told([live, kicked, resuming, live]).slice(1)).toEqual([
      'Kicked: an operator ended the subscriptions of this channel.',
      null,
      'Resumed in Oregon.',
    ]);
  });
  it('tell of an outage, the failover and the way home', () => {
    expect(told([live, resuming, away, live]).slice(1)).toEqual([
      null,
      'Oregon does not answer: failed over to Sydney.',
      'Home again in Oregon.',
    ]);
  });
  it('repeat the reason of a refusal', () => {
    expect(told([live, kicked, refused]).at(-1)).toBe(
      'Refused in Oregon: channel x is not allowed',
    );
  });
  it('own up to a gap', () => {
    expect(told([live, resuming, { ...live, gap: true }]).at(-1)).toContain('may be missing');
  });
});
