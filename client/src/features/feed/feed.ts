/** What a subscription tells the page. `openFeed.ts` makes it of the SDK's. */
import { createContext } from 'react';
import type { Client, Message } from '@globalws/client';

export type FeedState =
  /** `reason`: why the last attempt failed, or empty. */
  | { readonly kind: 'connecting'; readonly region: string; readonly reason: string }
  /** `gap`: messages may have been missed and cannot be recovered. */
  | { readonly kind: 'live'; readonly region: string; readonly gap: boolean }
  | { readonly kind: 'resuming'; readonly region: string; readonly reason: string }
  /** Live, but in `region`, because `home` does not answer. */
  | {
      readonly kind: 'failed-over';
      readonly region: string;
      readonly home: string;
      readonly gap: boolean;
    }
  /** The API ended the subscription; a refusal or a resume follows. */
  | { readonly kind: 'kicked'; readonly region: string; readonly reason: string }
  /** Final: the API does not accept the channel. */
  | {
      readonly kind: 'refused';
      readonly region: string;
      readonly errorType: string;
      readonly reason: string;
    };

export type FeedEvent =
  | {
      readonly kind: 'message';
      readonly message: Message;
      /** From history: it was missed while away, so when it arrived here says nothing. */
      readonly resumed: boolean;
    }
  | { readonly kind: 'state'; readonly state: FeedState };

/** The client's first region is home. Ends when `signal` is aborted. */
export type OpenFeed = (
  channel: string,
  client: Client,
  signal: AbortSignal,
) => AsyncIterable<FeedEvent>;

export const FeedContext = createContext<OpenFeed>(() => {
  throw new Error('no feed is provided');
});
