// What the suite takes of node:test: tests run one after the other, and what failed is reported to the page's server.
const tests = [];
const after = [];
let group = '';

export function describe(name, define) {
  group = name;
  define();
}

export const it = (name, body) => tests.push([`${group}: ${name}`, body]);
export const afterEach = (body) => after.push(body);

export async function run() {
  const failures = [];
  for (const [name, body] of tests) {
    try {
      await body();
    } catch (failure) {
      failures.push(`${name}: ${failure?.stack ?? JSON.stringify(failure)}`);
    } finally {
      after.forEach((each) => each());
    }
  }
  return [`tests ${tests.length}`, `fail ${failures.length}`, ...failures].join('\n');
}
