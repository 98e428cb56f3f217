import { util } from '@aws-appsync/utils';

/** Refuses where the deployment has no presence (parameter Presence). */
export function request(ctx) {
  if (ctx.env.PRESENCE !== 'on') {
    util.error('this deployment has no presence (parameter Presence is off)', 'PresenceDisabled');
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.result;
}
