// @ts-check
/** What every page may use. Each part looks for its own mark and does nothing where there is none. */

import { offerCopy } from "./copy.js";
import { guardTyping } from "./guard.js";
import { followProgress } from "./progress.js";

/** After a refused form the summary is what one wants to read first. */
const summary = document.querySelector("[data-error-summary]");
if (summary instanceof HTMLElement) {
  summary.focus();
}

for (const form of document.querySelectorAll("form[data-guard]")) {
  if (form instanceof HTMLFormElement) {
    guardTyping(form);
  }
}

for (const part of document.querySelectorAll("[data-progress]")) {
  if (part instanceof HTMLElement) {
    void followProgress(part);
  }
}

for (const part of document.querySelectorAll("[data-copy]")) {
  if (part instanceof HTMLElement) {
    offerCopy(part);
  }
}
