// Asking the server, and saying numbers.

const UNREACHABLE = "The server does not answer.";
const whole = new Intl.NumberFormat("en");

/** Fetch JSON. Throws an Error whose message is a sentence for the person at the screen. */
export async function getJson(url, { signal } = {}) {
  let response;
  try {
    response = await fetch(url, { headers: { Accept: "application/json" }, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(UNREACHABLE, { cause: error });
  }
  if (response.ok) return response.json();
  throw new Error(await reason(response));
}

/**
 * Ask once more for a picture that failed, as the browser does not tell why; the server does.
 * Return null when it has come after all.
 */
export async function whyNot(url) {
  try {
    const response = await fetch(url);
    return response.ok ? null : await reason(response);
  } catch {
    return UNREACHABLE;
  }
}

async function reason(response) {
  try {
    const problem = await response.json();
    if (problem.detail || problem.title) return problem.detail || problem.title;
  } catch {
    // Not a problem document: the status has to do.
  }
  return `The server answered with status ${response.status}.`;
}

/** Say a whole number: 12,288. */
export function count(value) {
  return whole.format(value);
}

/** Say a size in pixels: 12,288 × 8,192. */
export function size(width, height) {
  return `${count(width)} × ${count(height)}`;
}

/** Say a measured number in at most six digits. */
export function measure(value) {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}
