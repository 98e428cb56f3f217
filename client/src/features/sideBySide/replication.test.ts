import { expect, it } from 'vitest';
import { messageOf } from '../../testing/fakes';
import { messageEntry } from '../board/board';
import { replicationPaths } from './replication';

it('measures each path by what arrived at its end', () => {
  const arrived = (number: number, after: number) => {
    const message = messageOf(number);
    return messageEntry(message, Date.parse(message.publishedAt) + after, 'live', false);
  };
  const boards = new Map([
    ['us-west-2', [arrived(1, 5)]],
    ['ap-southeast-2', [arrived(1, 100), arrived(2, 300), arrived(3, 200)]],
  ]);
  expect(replicationPaths(['us-west-2', 'ap-southeast-2'], boards)).toEqual([
    { from: 'us-west-2', to: 'ap-southeast-2', count: 3, median: 200, slowest: 300 },
    { from: 'ap-southeast-2', to: 'us-west-2', count: 0, median: null, slowest: null },
  ]);
});
