// Condition objects ({title: {contains: 'x'}, or: […]}) to DynamoDB expressions.

const COMPARISONS = { eq: '=', ne: '<>', le: '<=', lt: '<', ge: '>=', gt: '>' };
const FUNCTIONS = { beginsWith: 'begins_with', contains: 'contains' };
const ATTRIBUTE_TYPES = {
  _null: 'NULL', string: 'S', stringSet: 'SS', number: 'N', numberSet: 'NS', binary: 'B',
  binarySet: 'BS', boolean: 'BOOL', list: 'L', map: 'M',
};
const OPERATORS = [...keys(COMPARISONS), ...keys(FUNCTIONS), 'notContains', 'in', 'between',
  'attributeExists', 'attributeType', 'size'];

// Collects the placeholders of one expression.
const newExpression = () => ({ names: {}, values: {} });

const placeholder = (taken, wanted, value, same) => {
  let name = wanted;
  for (let i = 2; hasOwn(taken, name) && !(same && taken[name] === value); i++) {
    name = `${wanted}_${i}`;
  }
  taken[name] = value;
  return name;
};
const plain = (name) => replaceAllIn(name, /[^A-Za-z0-9_]/g, '_');
const nameIn = (expression, path) => path
  .map((name) => placeholder(expression.names, `#${plain(name)}`, name, true)).join('.');
const valueIn = (expression, path, suffix, value) => placeholder(
  expression.values, `:${path.map(plain).join('_')}${suffix}`, toTyped(value), false);

const finished = ({ names, values }, text) => {
  const result = { expression: text };
  if (keys(names).length > 0) result.expressionNames = names;
  if (keys(values).length > 0) result.expressionValues = values;
  return result;
};

const joined = (parts, word) => {
  const present = parts.filter((part) => part !== '');
  return present.length < 2 ? present.join('') : present.map((part) => `(${part})`).join(` ${word} `);
};

const comparison = (expression, path, operator, operand, subject) => {
  const value = (suffix, given) => valueIn(expression, path, `_${operator}${suffix}`, given);
  if (hasOwn(COMPARISONS, operator)) {
    return `${subject} ${COMPARISONS[operator]} ${value('', operand)}`;
  }
  if (hasOwn(FUNCTIONS, operator)) return `${FUNCTIONS[operator]}(${subject}, ${value('', operand)})`;
  if (operator === 'notContains') return `NOT contains(${subject}, ${value('', operand)})`;
  if (operator === 'between') {
    return `${subject} BETWEEN ${value('_from', operand[0])} AND ${value('_to', operand[1])}`;
  }
  if (operator === 'in') {
    return `${subject} IN (${operand.map((one, i) => value(`_${i}`, one)).join(', ')})`;
  }
  if (operator === 'attributeExists') {
    return `${operand ? 'attribute_exists' : 'attribute_not_exists'}(${subject})`;
  }
  if (operator === 'attributeType') {
    if (!hasOwn(ATTRIBUTE_TYPES, operand)) fail(`unknown attributeType ${operand}`);
    return `attribute_type(${subject}, ${value('', ATTRIBUTE_TYPES[operand])})`;
  }
  return joined(entries(operand).map(([inner, size]) => comparison(
    expression, [...path, 'size'], inner, size, `size(${subject})`)), 'AND');
};

const fieldCondition = (expression, path, condition) => {
  if (condition === null || condition === undefined) return '';
  if (!isObject(condition)) fail(`the condition on ${path.join('.')} is not {operator: value}`);
  return joined(entries(condition).map(([key, operand]) => {
    if (operand === undefined) return '';
    if (OPERATORS.includes(key)) {
      return comparison(expression, path, key, operand, nameIn(expression, path));
    }
    if (!isObject(operand)) fail(`unknown operator ${key} on ${path.join('.')}`);
    return fieldCondition(expression, [...path, key], operand);
  }), 'AND');
};

const conditionText = (expression, condition) => {
  if (!isObject(condition)) fail('a condition must be an object');
  const several = (given) => (isArray(given) ? given : [given])
    .filter((one) => one !== null && one !== undefined)
    .map((one) => conditionText(expression, one));
  return joined(entries(condition).map(([key, value]) => {
    if (value === null || value === undefined) return '';
    if (key === 'and') return joined(several(value), 'AND');
    if (key === 'or') return joined(several(value), 'OR');
    if (key === 'not') {
      const inner = joined(several(value), 'AND');
      return inner === '' ? '' : `NOT (${inner})`;
    }
    return fieldCondition(expression, [key], value);
  }), 'AND');
};

// {expression, expressionNames, expressionValues}; undefined for no condition at all.
const conditionExpression = (condition) => {
  if (condition === null || condition === undefined) return undefined;
  const expression = newExpression();
  const text = conditionText(expression, condition);
  return text === '' ? undefined : finished(expression, text);
};

const expressionAsJson = (condition) => stringify(
  conditionExpression(condition) ?? { expression: '' });
