import { util } from '@aws-appsync/utils';

const ULID = '^[0-7][0-9A-HJKMNP-TV-Z]{25}$';
// AppSync sends 240 KB a message; the rest of it is ours (docs/decisions/0005-a-message-has-at-most-200-kib.md).
const MAX_BYTES = 204800;
const FIELDS = ['id', 'name', 'message', 'publishedAt', 'region'];

/**
 * The words of what the mutation selects; null if that is more than one pair of braces. AppSync shows
 * either the selection alone, or the mutation's field with its arguments around it.
 */
function selectedWords({ fieldName, selectionSetGraphQL: shown }) {
  // Braces in strings are none, so the strings go: what is left are the even pieces. Block strings
  // may hold quotes, and comments anything, but the selection still is the last, even piece.
  const pieces = shown.split('\\\\').join('').split('\\"').join('').split('"');
  const text = pieces.filter((piece, at) => at % 2 === 0).join('');
  const hidesBraces = text.includes('#') || (shown.includes('#') && shown.includes('"""'));
  const start = text.lastIndexOf('{');
  const before = text.slice(0, start).trim();
  const [selection, ...after] = text.slice(start + 1).split('}');
  const isInField = before.startsWith('{') && before.slice(1).trim().startsWith(`${fieldName}(`);
  const isClosed = after.length === (isInField ? 2 : 1) && after.join('').trim() === '';
  if (hidesBraces || pieces.length % 2 === 0 || !isClosed || (before !== '' && !isInField)) {
    return null;
  }
  return ['\n', '\r', '\t', ',']
    .reduce((words, gap) => words.split(gap).join(' '), selection)
    .split(' ')
    .filter((word) => word !== '');
}

/**
 * Refuses what could not be carried, or would reach subscribers incomplete: ctx.stash.message. Writes
 * into it who publishes it, which no argument of a client can say.
 */
export function request(ctx) {
  const { id, message } = ctx.stash.message;
  const isPublish = ctx.info.fieldName === 'publish';
  const publisher = isPublish ? ctx.stash.client.publisher : null;
  if (publisher) {
    ctx.stash.message.publisher = publisher;
  }
  if (!util.matches(ULID, id)) {
    util.error('id must be a ULID (26 characters, upper case), or left out', 'InvalidMessageId');
  }
  // Half a surrogate pair has no UTF-8 form, so neither the bus nor the table could take it.
  if (util.base64Decode(util.base64Encode(message)) !== message) {
    util.error('message holds half a surrogate pair: send whole characters', 'InvalidMessage');
  }
  if (message.trim() === '') {
    util.error('message is empty: send at least one visible character', 'EmptyMessage');
  }
  // Its size as JSON in UTF-8, as the bus will carry it; base64 makes 4 characters of 3 bytes.
  const encoded = util.base64Encode(JSON.stringify(message)).split('=')[0];
  const bytes = Math.floor((encoded.length * 3) / 4);
  if (bytes > MAX_BYTES) {
    util.error(`message takes ${bytes} bytes as JSON: send at most ${MAX_BYTES}`, 'MessageTooLarge');
  }
  // Subscribers and their filters get the mutation's answer by response key: an alias would let the
  // publisher choose what they see as `name`, and a missing field would be an error at each of them.
  const words = selectedWords(ctx.info);
  const known = [...FIELDS, 'publisher', '__typename'];
  if (!words || ![...words, ...ctx.info.selectionSetList].every((word) => known.includes(word))) {
    util.error(
      'select the fields of Message by their names, without aliases, fragments or directives',
      'IncompleteSelection',
    );
  }
  // Holders of an API key have no name that subscribers could miss.
  const wanted = publisher ? [...FIELDS, 'publisher'] : FIELDS;
  const missing = wanted.filter((field) => !words.includes(field));
  if (missing.length > 0) {
    util.error(`select every field of Message; missing: ${missing.join(', ')}`, 'IncompleteSelection');
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.result;
}
