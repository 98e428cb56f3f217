// util.dynamodb: JavaScript values to DynamoDB's typed values.

const toTyped = (value) => {
  if (value === null || value === undefined) return { NULL: null };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (isArray(value)) return { L: value.map(toTyped) };
  if (typeof value === 'object') {
    // Sets keep the form that toStringSet and its like gave them.
    if (setMarks.has(value)) {
      const [type] = keys(value);
      return { [type]: value[type] };
    }
    return { M: toTypedMap(value) };
  }
  return fail(`DynamoDB has no type for a ${typeof value}`);
};

// Loops, because every publish comes through here several times.
const toTypedMap = (map) => {
  const typed = {};
  for (const name of keys(map)) {
    const value = map[name];
    if (value !== undefined) typed[name] = toTyped(value);
  }
  return typed;
};

const setMarks = new WeakSet();
const typedSet = (type) => (values) => {
  if (values === null || values === undefined) return null;
  const set = { [type]: values };
  setMarks.add(set);
  return set;
};

const unlessNull = (convert) => (value) => (
  value === null || value === undefined ? null : convert(value));

const dynamodbUtilities = {
  toDynamoDB: toTyped,
  toString: unlessNull((value) => ({ S: value })),
  toStringSet: typedSet('SS'),
  toNumber: unlessNull((value) => ({ N: value })),
  toNumberSet: typedSet('NS'),
  toBinary: unlessNull((value) => ({ B: value })),
  toBinarySet: typedSet('BS'),
  toBoolean: unlessNull((value) => ({ BOOL: value })),
  toNull: () => ({ NULL: null }),
  toList: unlessNull((value) => ({ L: value.map(toTyped) })),
  toMap: unlessNull((value) => ({ M: toTypedMap(value) })),
  toMapValues: unlessNull(toTypedMap),
  toS3Object(key, bucket, region, version) {
    const fields = entries({ key, bucket, region, version })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `"${name}" : ${stringify(value)}`);
    return { S: `{ "s3" : { ${fields.join(', ')} } }` };
  },
  fromS3ObjectJson: (text) => parse(typeof text === 'string' ? text : text.S).s3,
};
