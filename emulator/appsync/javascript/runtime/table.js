// The module @aws-appsync/utils/dynamodb: requests for a DynamoDB data source.

// Marks the operations of an update, so that data cannot be taken for one.
const operationMarks = new WeakSet();
const operation = (type, operand) => {
  const made = freeze({ _type: type, ...operand });
  operationMarks.add(made);
  return made;
};

const operations = {
  add: (payload) => operation('add', { payload }),
  remove: () => operation('remove', {}),
  replace: (payload) => operation('replace', { payload }),
  increment: (by = 1) => operation('increment', { by }),
  decrement: (by = 1) => operation('decrement', { by }),
  append: (payload) => operation('append', { payload }),
  prepend: (payload) => operation('prepend', { payload }),
  updateListItem: (payload, index) => operation('updateListItem', { payload, index }),
};

const projection = (paths) => {
  if (paths === null || paths === undefined) return undefined;
  const expression = newExpression();
  const names = paths.map((path) => nameIn(expression, path.split('.')));
  return finished(expression, names.join(', '));
};

// Only the options that were given; null means not given.
const request = (fields) => fromEntries(
  entries(fields).filter(([, value]) => value !== undefined && value !== null));

const required = (payload, name) => {
  if (!isObject(payload)) fail('the argument must be an object');
  if (!isObject(payload[name])) fail(`"${name}" is required and must be an object`);
  return payload[name];
};

const writeOptions = ({ condition, customPartitionKey, populateIndexFields, _version }) => ({
  condition: conditionExpression(condition), customPartitionKey, populateIndexFields, _version,
});

const readOptions = (payload) => ({
  index: payload.index, limit: payload.limit, nextToken: payload.nextToken,
  scanIndexForward: payload.scanIndexForward, consistentRead: payload.consistentRead,
  select: payload.select, filter: conditionExpression(payload.filter),
  projection: projection(payload.projection),
});

const updateClauses = (expression, update) => {
  const clauses = { SET: [], REMOVE: [] };
  const visit = (path, value) => {
    const subject = () => nameIn(expression, path);
    const given = (operand) => valueIn(expression, path, '', operand);
    const set = (text) => { clauses.SET.push(`${subject()} = ${text}`); };
    if (value === undefined) return;
    if (isArray(value) && value.length > 0 && value.every((one) => operationMarks.has(one))) {
      value.forEach((one) => {
        if (one._type !== 'updateListItem') fail('a list of operations takes updateListItem only');
        clauses.SET.push(`${subject()}[${one.index}] = ${given(one.payload)}`);
      });
    } else if (!isObject(value) || setMarks.has(value)) {
      set(given(value));
    } else if (!operationMarks.has(value)) {
      entries(value).forEach(([key, inner]) => visit([...path, key], inner));
    } else if (value._type === 'remove') {
      clauses.REMOVE.push(subject());
    } else if (value._type === 'increment' || value._type === 'decrement') {
      set(`${subject()} ${value._type === 'increment' ? '+' : '-'} ${given(value.by)}`);
    } else if (value._type === 'append') {
      set(`list_append(${subject()}, ${given(value.payload)})`);
    } else if (value._type === 'prepend') {
      set(`list_append(${given(value.payload)}, ${subject()})`);
    } else if (value._type === 'updateListItem') {
      clauses.SET.push(`${subject()}[${value.index}] = ${given(value.payload)}`);
    } else {
      set(given(value.payload));
    }
  };
  entries(update).forEach(([key, value]) => visit([key], value));
  return entries(clauses).filter(([, parts]) => parts.length > 0)
    .map(([clause, parts]) => `${clause} ${parts.join(', ')}`).join(' ');
};

const tableModule = {
  get: (payload) => request({
    operation: 'GetItem', key: toTypedMap(required(payload, 'key')),
    consistentRead: payload.consistentRead, projection: projection(payload.projection),
  }),
  put: (payload) => request({
    operation: 'PutItem', key: toTypedMap(required(payload, 'key')),
    attributeValues: toTypedMap(required(payload, 'item')), ...writeOptions(payload),
  }),
  update(payload) {
    const expression = newExpression();
    const text = updateClauses(expression, required(payload, 'update'));
    if (text === '') fail('"update" changes nothing');
    return request({
      operation: 'UpdateItem', key: toTypedMap(required(payload, 'key')),
      update: finished(expression, text), ...writeOptions(payload),
    });
  },
  remove: (payload) => request({
    operation: 'DeleteItem', key: toTypedMap(required(payload, 'key')), ...writeOptions(payload),
  }),
  query: (payload) => request({
    operation: 'Query', query: conditionExpression(required(payload, 'query')),
    ...readOptions(payload),
  }),
  scan: (payload) => request({
    operation: 'Scan', ...readOptions(payload), totalSegments: payload.totalSegments,
    segment: payload.segment,
  }),
  toStringSet: dynamodbUtilities.toStringSet,
  toNumberSet: dynamodbUtilities.toNumberSet,
  toBinarySet: dynamodbUtilities.toBinarySet,
  operations,
};
