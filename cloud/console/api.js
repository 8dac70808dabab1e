// The API as the console asks it: JSON, pages joined, three ways to fail.

/** No session, or one that ended. */
export class Unauthorized extends Error {}
/** The cloud did not answer, or not in its right mind; it is worth asking again. */
export class Lost extends Error {}
/** The cloud answered, and the answer is no. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const PATIENCE_MS = 15_000;
const TOLERATED_MS = 2_000; // the Date header counts whole seconds

let offsetMs = 0;

/** The cloud's time in ms: the clock of a screen on a wall may be wrong. */
export function now() {
  return Date.now() + offsetMs;
}

export async function get(path, parameters = {}) {
  return (await answered(path, { parameters })).json();
}

export async function getText(path) {
  return (await answered(path, {})).text();
}

export async function post(path, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Requested-With": "yingzhou" };
  return (await answered(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** All items of a list, page by page. */
export async function all(path, parameters = {}) {
  const items = [];
  let cursor = null;
  do {
    const page = await get(path, cursor === null ? parameters : { ...parameters, cursor });
    for (const item of page.items) items.push(item);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}

async function answered(path, { parameters = {}, ...how }) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, one);
  }
  const url = query.size ? `${path}?${query}` : path;
  let answer;
  try {
    answer = await fetch(url, { ...how, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    throw new Lost(String(error));
  }
  if (answer.status === 401) throw new Unauthorized(path);
  if (answer.status >= 500) throw new Lost(`${path}: ${answer.status}`);
  if (!answer.ok) throw new Refused(answer.status, await detail(answer));
  compareClocks(answer.headers.get("date"));
  return answer;
}

async function detail(answer) {
  const problem = await answer.json().catch(() => ({}));
  return problem.detail ?? `${answer.status}`;
}

function compareClocks(date) {
  const difference = Date.parse(date) - Date.now();
  if (Number.isFinite(difference)) offsetMs = Math.abs(difference) > TOLERATED_MS ? difference : 0;
}
