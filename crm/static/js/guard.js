// @ts-check

/**
 * Ask before a page is left with something typed that was not sent.
 *
 * A form that came back with errors holds typing that is not kept yet, so it is guarded from the start.
 *
 * @param {HTMLFormElement} form
 */
export function guardTyping(form) {
  let unsent = form.querySelector("[aria-invalid='true']") !== null;
  form.addEventListener("input", () => {
    unsent = true;
  });
  form.addEventListener("submit", () => {
    unsent = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsent) {
      event.preventDefault();
    }
  });
}
