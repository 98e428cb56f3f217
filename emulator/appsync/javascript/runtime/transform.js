// util.transform: subscription filters and DynamoDB expressions.

// A filter is held as alternatives (ORed), each a list of rules (ANDed).
const ALWAYS = [[]];
const both = (left, right) => left.flatMap((a) => right.map((b) => [...a, ...b]));

const fieldAlternatives = (fieldName, condition) => {
  if (!isObject(condition)) fail(`the filter on ${fieldName} is not {operator: value}`);
  const rules = entries(condition).map(([operator, value]) => (
    [{ fieldName, operator, value: value === undefined ? null : value }]));
  return rules.length === 0 ? ALWAYS : rules;
};

const filterAlternatives = (filter, ignored) => {
  if (!isObject(filter)) fail('a subscription filter must be an object');
  let result = ALWAYS;
  for (const [key, value] of entries(filter)) {
    if (key === 'and' || key === 'or') {
      if (!isArray(value)) fail(`"${key}" of a subscription filter must be a list`);
      const parts = value.map((one) => filterAlternatives(one, ignored))
        .filter((part) => part !== ALWAYS);
      if (parts.length === 0) continue;
      result = both(result, key === 'and' ? parts.reduce(both) : parts.flat());
    } else if (!ignored.includes(key)) {
      result = both(result, fieldAlternatives(key, value));
    }
  }
  return result;
};

const transformUtilities = {
  // A subscription's argument may hold the filter as JSON.
  toSubscriptionFilter(given, ignored = [], rules = {}) {
    const filter = typeof given === 'string' ? parse(given) : given;
    let alternatives = filterAlternatives(filter, ignored ?? []);
    const strict = entries(rules ?? {}).flatMap(([name, rule]) => fieldAlternatives(name, rule));
    if (strict.length > 0) alternatives = both(alternatives, strict);
    return { filterGroup: alternatives.map((filters) => ({ filters })) };
  },
  toDynamoDBFilterExpression: expressionAsJson,
  toDynamoDBConditionExpression: expressionAsJson,
};
