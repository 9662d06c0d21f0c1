// @ts-check

/**
 * How far a job is, as the server tells it.
 * @typedef {{ done: number, total: number | null, text: string,
 *             state: "running" | "done" | "failed", next: string | null }} Progress
 */

const EVERY = 1500; // milliseconds between two questions
const AT_MOST = 15000; // milliseconds, reached step by step while the server does not answer

/**
 * Show the progress of a job until it ends, then go where its result is.
 *
 * Without JavaScript the link 更新 beside it does the same by hand.
 *
 * @param {HTMLElement} part an element with data-progress="address of the JSON"
 */
export async function followProgress(part) {
  const address = part.dataset.progress ?? "";
  part.querySelector("[data-progress-refresh]")?.remove();
  let pause = EVERY;
  for (;;) {
    await new Promise((resume) => setTimeout(resume, pause));
    const told = await ask(address);
    pause = told ? EVERY : Math.min(pause * 2, AT_MOST);
    if (told) {
      show(part, told);
    }
    if (told && told.state !== "running") {
      leave(told.next);
      return;
    }
  }
}

/**
 * @param {string} address
 * @returns {Promise<Progress | null>} null while the server cannot be reached
 */
async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/**
 * @param {HTMLElement} part
 * @param {Progress} told
 */
function show(part, told) {
  const bar = part.querySelector("progress");
  if (bar && told.total) {
    bar.max = told.total;
    bar.value = told.done;
  }
  const text = part.querySelector("[data-progress-text]");
  if (text && text.textContent !== told.text) {
    text.textContent = told.text;
  }
}

/** @param {string | null} next */
function leave(next) {
  if (next) {
    location.assign(next);
  } else {
    location.reload();
  }
}
