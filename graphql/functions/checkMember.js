import { util } from '@aws-appsync/utils';

const ULID = '^[0-7][0-9A-HJKMNP-TV-Z]{25}$';
const SHORTEST_SECRET = 16;
const LONGEST = 128;
const MOST_DATA = 1024; // bytes

const isGiven = (value) => value !== undefined && value !== null;

/** The bytes of a text in UTF-8, of which base64 makes four characters for three. */
const bytesOf = (text) => {
  const encoded = util.base64Encode(text);
  return (encoded.length / 4) * 3 - (encoded.split('=').length - 1);
};

/** The id that others see of the caller; with an API key what the client says, marked as such. */
function memberId({ publisher }, client) {
  if (isGiven(publisher)) {
    return publisher;
  }
  if (!isGiven(client) || !util.matches(`^[A-Za-z0-9._|@-]{1,${LONGEST - 5}}$`, client)) {
    util.error(
      'without a token, client must be an id of yours: letters, digits, or . _ - | @',
      'InvalidMember',
    );
  }
  return `anon:${client}`;
}

/**
 * Refuses a member that cannot be one, and puts it into ctx.stash.member; requireAllowed has
 * passed, so ctx.stash.client is who it is.
 */
export function request(ctx) {
  const { connection, secret, data, client } = ctx.args;
  if (!util.matches(ULID, connection)) {
    util.error('connection must be a ULID, made once for each connection', 'InvalidMember');
  }
  if (secret.length < SHORTEST_SECRET || secret.length > LONGEST) {
    util.error(
      `secret must have ${SHORTEST_SECRET} to ${LONGEST} characters that nobody can guess`,
      'InvalidMember',
    );
  }
  if (isGiven(data) && bytesOf(data) > MOST_DATA) {
    util.error(`data must have at most ${MOST_DATA} bytes`, 'InvalidMember');
  }
  ctx.stash.member = {
    user: memberId(ctx.stash.client, client),
    connection,
    data: isGiven(data) ? data : null,
    enteredAt: util.time.nowISO8601(),
    region: ctx.env.REGION,
  };
  return { payload: null };
}

export function response(ctx) {
  return ctx.result;
}
