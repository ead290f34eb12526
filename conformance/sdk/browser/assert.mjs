// What the suite takes of node:assert/strict.
const shown = (value) => JSON.stringify(value) ?? String(value);

function fail(message) {
  throw new Error(message);
}

// objects are compared by their sorted members
const sorted = (value) =>
  value === null || typeof value !== 'object' ? value
    : Array.isArray(value) ? value.map(sorted)
      : Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));

const assert = {
  ok: (value, message = `${shown(value)} is not truthy`) => value || fail(message),
  equal: (actual, expected) =>
    Object.is(actual, expected) || fail(`${shown(actual)} is not ${shown(expected)}`),
  deepEqual: (actual, expected) =>
    shown(sorted(actual)) === shown(sorted(expected)) || fail(`${shown(actual)} is not ${shown(expected)}`),
  match: (actual, pattern) => pattern.test(actual) || fail(`${actual} does not match ${pattern}`),
  rejects: async (promise, expected) => {
    let failure;
    try {
      await promise;
    } catch (thrown) {
      failure = thrown;
    }
    assert.ok(failure, 'was not rejected');
    for (const [name, value] of Object.entries(expected)) assert.equal(failure[name], value);
  },
};

export default assert;
