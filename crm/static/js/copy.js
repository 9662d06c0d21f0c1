// @ts-check

/**
 * Let a text be copied by a button. Without JavaScript the text stands in its field, to be selected.
 *
 * @param {HTMLElement} part an element with data-copy that holds the field, a hidden button and a line to tell in
 */
export function offerCopy(part) {
  const field = part.querySelector("[data-copy-text]");
  const button = part.querySelector("[data-copy-button]");
  const told = part.querySelector("[data-copy-told]");
  if (!(field instanceof HTMLInputElement) || !(button instanceof HTMLElement) || !(told instanceof HTMLElement)) {
    return;
  }
  field.addEventListener("focus", () => field.select());
  button.hidden = false;
  button.addEventListener("click", async () => {
    told.textContent = "";
    if (await copied(field)) {
      told.textContent = told.dataset.copyTold ?? "";
    } else {
      field.focus(); // selected: the keyboard can copy it
    }
  });
}

/**
 * @param {HTMLInputElement} field
 * @returns {Promise<boolean>} false where the browser lets no page write to the clipboard (plain HTTP)
 */
async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return false;
  }
}
